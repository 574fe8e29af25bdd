import type { Loaded } from "../app/index.ts";
import { trialMint } from "../credential/index.ts";
import { tryConnect } from "../nats/index.ts";
import type { Io } from "./command.ts";

/**
 * Tries every signing key of every account on every server that callers are told: a wrong account, a
 * key that the account does not list or a clock that is off shows before the first caller.
 *
 * @returns how many of these could not connect
 */
export async function checkConnect({ config, ring }: Loaded, io: Io): Promise<number> {
  let failed = 0;
  for (const { name, public_key, servers } of config.accounts) {
    for (const signer of ring.all(name)) {
      const now_s = Math.floor(io.now_ms() / 1000);
      const { jwt, seed = "" } = await trialMint(name, { public_key, signer }, now_s);
      for (const server of servers) {
        const what = `${name}: ${signer.public_key} on ${server}`;
        const reason = await tryConnect(server, jwt, seed);
        if (reason === undefined) io.out(`${what}: ok, the account lists this key`);
        else {
          failed++;
          io.err(`${what}: ${reason}${adviceOn(reason, name)}`);
        }
      }
    }
  }
  return failed;
}

/** The server does not tell a client why: these are the reasons that there are, the likely ones first. */
function adviceOn(reason: string, account: string): string {
  if (!/authorization|authentication/i.test(reason)) return "";
  return `
  The server does not accept this key. In this order:
  - does the account list it? nsc describe account --name ${account}
  - does the server have that account JWT? nsc push --account ${account}
  - is public_key the account that was meant, and the server one of its operator?
  - is the clock of this machine right? A credential lives for minutes only.`;
}
