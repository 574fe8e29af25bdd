import { FaultError, type LoadedConfig, type ReadConfig } from "../config/index.ts";
import { examineIssuer } from "../identity/index.ts";
import { loadKeyRing } from "../keys/index.ts";
import { type Args, type Command, EXIT, type Io } from "./command.ts";
import { aboutIssuer, aboutKeeping, type Finding } from "./doctor-issuer.ts";
import { CONFIG_OPTION, readConfigFile } from "./load.ts";
import { policyContext, readPolicies } from "./load-policy.ts";
import { asJson, count, table, visible } from "./show.ts";

/** Looks at everything that the service leans on, and says of what is wrong what to do. */
export const doctor: Command = {
  name: "doctor",
  summary: "Look at issuers, signing keys and policy, and say what is wrong and what to do",
  details: `Asks every configured issuer for its discovery document and its keys, as the service does, and compares
its clock with the one here; then reads the signing keys of every account and the policy. Changes
nothing. Whether the NATS servers take the keys says nats-sts check --connect; what is wrong with
one token says nats-sts token inspect.

Exits with 0 when all is well, with 1 when something is wrong.`,
  example: "nats-sts doctor --config nats-sts.yaml",
  options: { ...CONFIG_OPTION, json: { type: "boolean", describe: "Print JSON" } },
  async run(args, io) {
    const findings = await findingsOf(args, io);
    const wrong = findings.filter(({ state }) => state === "wrong").length;
    if (args.values["json"]) io.out(asJson({ ok: wrong === 0, findings }));
    else {
      for (const line of said(findings)) io.out(line);
      io.out(wrong === 0 ? "All is well." : `${count(wrong, "thing")} wrong.`);
    }
    return wrong === 0 ? EXIT.done : EXIT.no;
  },
};

async function findingsOf(args: Args, io: Io): Promise<Finding[]> {
  const read = await readConfigFile(args, io).catch(faultsIn);
  const { faults, loaded } = read;
  if (!loaded || faults.length > 0)
    return faults.map(({ file, line, col, message }) => {
      const what = `${file}:${line}:${col}`;
      return { state: "wrong", what: "configuration", who: what, says: message, todo: [FIX] };
    });
  const found = await Promise.all([
    ...loaded.config.issuers.map((issuer) => lookAt(loaded, issuer, io)),
    keysOf(loaded, io),
    policyOf(loaded, io),
  ]);
  return found.flat();
}

const FIX = "change it there; nats-sts check tells every fault";

/** A configuration that cannot be read at all. */
function faultsIn(error: unknown): ReadConfig {
  if (!(error instanceof FaultError)) throw error;
  return { faults: error.faults, loaded: undefined };
}

async function lookAt(
  { config }: LoadedConfig,
  issuer: LoadedConfig["config"]["issuers"][number],
  io: Io,
): Promise<Finding[]> {
  const examined = await examineIssuer(issuer, globalThis.fetch, io.now_ms, io.owner);
  return [aboutIssuer(examined, issuer, config.clock_skew_s), ...aboutKeeping(examined)];
}

async function keysOf(loaded: LoadedConfig, io: Io): Promise<Finding[]> {
  try {
    const ring = await loadKeyRing(loaded, io.owner);
    return loaded.config.accounts.map(({ name }) => {
      const keys = ring.all(name);
      const said = keys.flatMap(({ signer: { public_key }, state }) =>
        state === "known" ? [] : [`${public_key} signs${state === "scoped" ? " as scoped" : ""}`],
      );
      const known = keys.length - said.length;
      const more = known > 0 ? `; ${known} more known` : "";
      return { state: "ok", what: "account", who: name, says: `${said.join(", ")}${more}` };
    });
  } catch (error) {
    return wrongWith("signing key", error);
  }
}

async function policyOf(loaded: LoadedConfig, io: Io): Promise<Finding[]> {
  try {
    const { policy } = await readPolicies(loaded, policyContext(loaded.config), io.env);
    const says = `${count(policy.rules_count, "rule")}, digest ${policy.digest.slice(0, 16)}`;
    const file = loaded.config.policy_file;
    const own: Finding = { state: "ok", what: "policy", who: file, says };
    const idle = loaded.config.issuers.filter(
      ({ name }) => !policy.issuers.get(name)?.rules.length,
    );
    return [
      own,
      ...idle.map(({ name }): Finding => {
        const todo = [
          `write a rule with issuer: ${name}, or take the issuer out of the configuration`,
        ];
        return {
          state: "odd",
          what: "policy",
          who: name,
          says: "no rule is for this issuer",
          todo,
        };
      }),
    ];
  } catch (error) {
    return wrongWith("policy", error);
  }
}

function wrongWith(what: string, error: unknown): Finding[] {
  if (!(error instanceof FaultError)) throw error;
  return error.faults.map(({ file, line, col, message }) => {
    const who = `${file}:${line}:${col}`;
    return { state: "wrong", what, who, says: message, todo: [FIX] };
  });
}

const MARKS = { ok: "✓", odd: "!", wrong: "✗" } as const;

/** A line each, and below what is not well what to do about it. */
function said(findings: readonly Finding[]): string[] {
  const heads = table(
    findings.map(({ state, what, who, says }) => [MARKS[state], what, visible(who), visible(says)]),
  );
  return findings.flatMap(({ todo = [] }, i) => [
    heads[i] ?? "",
    ...todo.map((each) => `    ${visible(each)}`),
  ]);
}
