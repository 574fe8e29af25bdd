import type { Loaded } from "../app/index.ts";
import { FaultError, LISTENERS, TLS_OF } from "../config/index.ts";
import { untimely } from "../tls/index.ts";
import { checkConnect } from "./check-connect.ts";
import { type Command, EXIT } from "./command.ts";
import { CONFIG_OPTION, loadAll } from "./load.ts";
import { count } from "./show.ts";

/** Says what is wrong with configuration, keys and policy, all of it at once. */
export const check: Command = {
  name: "check",
  summary: "Check configuration, keys and policy, and print every fault as file:line:col",
  details: `Reads what serve would read, and changes nothing: run it before every start, and in CI. It looks
at the configuration, at the key files and certificates that it names and at the policy. Exits with
0 when serve would accept all of it, with 1 and every fault when it would not; a certificate that
has expired is told, and no fault. With --connect it also tells whether the accounts really list
their keys, by connecting with a credential that permits nothing, and whether the servers turn away
one by a key that nobody lists.`,
  example: "nats-sts check --config nats-sts.yaml",
  options: {
    ...CONFIG_OPTION,
    connect: {
      type: "boolean",
      describe: "Also try a credential of each signing key on each NATS server",
    },
  },
  async run(args, io) {
    try {
      const loaded = await loadAll(args, io);
      const { config, policy, audit } = loaded;
      const found = [
        count(config.issuers.length, "issuer"),
        count(config.accounts.length, "account"),
        `policy ${policy.digest.slice(0, 16)}`,
        ...(audit ? [`policy ${audit.digest.slice(0, 16)} on trial`] : []),
      ];
      for (const warning of warnings(loaded, io.now_ms() / 1000)) io.err(warning);
      io.out(`${config.file}: ok (${found.join(", ")})`);
      if (!args.values["connect"]) return EXIT.done;
      return (await checkConnect(loaded, io)) === 0 ? EXIT.done : EXIT.no;
    } catch (error) {
      if (!(error instanceof FaultError)) throw error;
      io.err(error.message);
      io.err(count(error.faults.length, "fault"));
      return EXIT.no;
    }
  },
};

/** What is accepted and yet will not do, each with its place. */
function warnings({ config, certificates, fault }: Loaded, now_s: number): string[] {
  return LISTENERS.flatMap((listener) => {
    const certificate = certificates[listener];
    const wrong = certificate && untimely(certificate, now_s);
    if (wrong === undefined) return [];
    const at = fault([TLS_OF[listener], "cert_file"], "");
    return `${at.file}:${at.line}:${at.col}: warning: ${config[TLS_OF[listener]]?.cert_file} ${wrong}`;
  });
}
