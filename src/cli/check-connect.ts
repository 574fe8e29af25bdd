import { randomBytes } from "node:crypto";
import type { Loaded } from "../app/index.ts";
import { trialMint } from "../credential/index.ts";
import { type RingKey, type Signer, seedSigner } from "../keys/index.ts";
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
  const tell = (line: string, ok: boolean) => {
    if (ok) io.out(line);
    else {
      failed++;
      io.err(line);
    }
  };
  for (const { name, public_key, servers } of config.accounts) {
    const trying = (server: string, signer: Signer) => async (scoped: boolean) => {
      const now_s = Math.floor(io.now_ms() / 1000);
      const { jwt, seed = "" } = await trialMint(name, { public_key, signer }, now_s, scoped);
      return tryConnect(server, jwt, seed);
    };
    for (const server of servers) {
      const unfit = await unfitness(trying(server, seedSigner(randomBytes(32))));
      if (unfit !== undefined) {
        tell(`${name}: ${server}: ${unfit}`, false);
        continue;
      }
      for (const { signer, state } of ring.all(name)) {
        const { ok, said } = await verdictOn(state, trying(server, signer), name);
        tell(`${name}: ${signer.public_key} on ${server}: ${said}`, ok);
      }
    }
  }
  return failed;
}

/**
 * Why nothing that this server says about a key would mean anything; undefined where it would. It has to
 * turn away a stranger: a credential for the same account by a key that was made this moment. Who lets
 * that one in checks nothing.
 */
async function unfitness(connect: Try): Promise<string | undefined> {
  const said = await connect(false);
  if (said === undefined) return OPEN;
  return isRefusal(said) ? undefined : `${said}${adviceOnNetwork(said)}`;
}

const OPEN = `this server lets anybody in
  It took a credential by a key that no account lists. It is no server in operator mode, or gives
  those whom it does not know to a user of its own (no_auth_user): what a credential permits means
  nothing there. Name its operator, and no no_auth_user, in its configuration.`;

/** What helps where nobody answered as NATS does. */
function adviceOnNetwork(said: string): string {
  if (/refused/i.test(said))
    return `
  Nobody listens there: start it (nats-server --config nats-server.conf, where init made that), or
  correct servers in nats-sts.yaml.`;
  if (/does not support 'tls'/.test(said))
    return `
  The URL says tls://, and this server speaks without: give it a certificate (tls in its
  configuration), or correct servers in nats-sts.yaml.`;
  return "";
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
  - without nsc: is it the nats-server.conf that init made beside this nats-sts.yaml, and these keys?
  - is public_key the account that was meant, and the server one of its operator?
  - is the clock of this machine right? A credential lives for minutes only.`;
}
