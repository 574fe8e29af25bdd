import type { Loaded } from "../app/index.ts";
import { trialMint } from "../credential/index.ts";
import type { RingKey } from "../keys/index.ts";
import { tryConnect } from "../nats/index.ts";
import type { Io } from "./command.ts";

/** What came of one key on one server: what to say, and whether it is good. */
interface Verdict {
  readonly ok: boolean;
  readonly said: string;
}

/** Tries the server with a credential of the key; with `scoped`, one that leaves all to its scope. */
type Try = (scoped: boolean) => Promise<string | undefined>;

/**
 * Tries every signing key of every account on every server that callers are told: a wrong account, a
 * key that the account does not list, or lists otherwise, or a clock that is off shows before the
 * first caller.
 *
 * @returns how many of these could not connect
 */
export async function checkConnect({ config, ring }: Loaded, io: Io): Promise<number> {
  let failed = 0;
  for (const { name, public_key, servers } of config.accounts) {
    for (const { signer, state } of ring.all(name)) {
      for (const server of servers) {
        const connect: Try = async (scoped) => {
          const now_s = Math.floor(io.now_ms() / 1000);
          const { jwt, seed = "" } = await trialMint(name, { public_key, signer }, now_s, scoped);
          return tryConnect(server, jwt, seed);
        };
        const { ok, said } = await verdictOn(state, connect, name);
        const line = `${name}: ${signer.public_key} on ${server}: ${said}`;
        if (ok) io.out(line);
        else {
          failed++;
          io.err(line);
        }
      }
    }
  }
  return failed;
}

/**
 * A server refuses what says its permissions itself and is signed by a scoped key, and takes what says
 * none. Tried in this order: where the key has no scope, what says none would permit everything.
 */
async function verdictOn(state: RingKey["state"], connect: Try, account: string): Promise<Verdict> {
  const plain = await connect(false);
  if (state !== "scoped") {
    if (plain === undefined) return { ok: true, said: "ok, the account lists this key" };
    return { ok: false, said: `${plain}${adviceOn(plain, account)}` };
  }
  if (plain === undefined) return { ok: false, said: UNSCOPED };
  if (!isRefusal(plain)) return { ok: false, said: plain };
  const reason = await connect(true);
  if (reason === undefined)
    return { ok: true, said: "ok, the account lists this key with a scope" };
  return { ok: false, said: `${reason}${adviceOn(reason, account)}` };
}

const UNSCOPED = `the account lists this key, but without a scope
  What it signs for a role with scoped_key would permit everything. Give it a scope
  (nsc edit signing-key), or take away scoped: true and name no role by it.`;

const isRefusal = (reason: string) => /authorization|authentication/i.test(reason);

/** The server does not tell a client why: these are the reasons that there are, the likely ones first. */
function adviceOn(reason: string, account: string): string {
  if (!isRefusal(reason)) return "";
  return `
  The server does not accept this key. In this order:
  - does the account list it, and with a scope exactly where the configuration says scoped: true?
    nsc describe account --name ${account}
  - does the server have that account JWT? nsc push --account ${account}
  - is public_key the account that was meant, and the server one of its operator?
  - is the clock of this machine right? A credential lives for minutes only.`;
}
