import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { readWritten } from "../config/index.ts";
import type { OldAccount, OldJwt } from "../policy/index.ts";
import { type NatsJwt, readNatsJwt } from "./nats-jwt.ts";

/** The users of an nsc store with their accounts, as they stand there. */
export interface NscUsers {
  readonly users: readonly OldJwt[];
  /** By public key. */
  readonly accounts: ReadonlyMap<string, OldAccount>;
  /** Files that hold no JWT. */
  readonly unread: readonly string[];
}

/** As many rules as a policy can have. */
const USERS_LIMIT = 10_000;

/**
 * Reads the user JWTs of one operator in an nsc store, without touching it. Keys are not looked at.
 *
 * @param store the operator's folder, such as `~/.local/share/nats/nsc/stores/OPERATOR`
 * @throws Error with a sentence where it is no such store, or larger than a policy can be
 */
export async function readNscUsers(store: string): Promise<NscUsers> {
  const operator = (await jwtsIn(store, "")).read[0];
  if (!operator)
    throw new Error(
      `${store} holds no operator JWT: name the folder of one operator of an nsc store`,
    );
  const system = systemAccountOf(operator);
  const accounts = new Map<string, OldAccount>();
  const users: OldJwt[] = [];
  const unread: string[] = [];
  for (const name of await namesIn(join(store, "accounts"))) {
    const folder = join(store, "accounts", name);
    const [own, below] = [
      await jwtsIn(folder, ""),
      await jwtsIn(join(folder, "users"), `${name}/`),
    ];
    for (const jwt of own.read)
      accounts.set(String(jwt.claims["sub"]), { jwt, is_system: jwt.claims["sub"] === system });
    users.push(...below.read);
    unread.push(...own.unread, ...below.unread);
    if (users.length > USERS_LIMIT)
      throw new Error(
        `${store} has more than ${USERS_LIMIT} users, which is more than a policy holds`,
      );
  }
  return { users, accounts, unread };
}

function systemAccountOf({ claims }: NatsJwt): unknown {
  const { nats } = claims;
  return typeof nats === "object" && nats !== null && "system_account" in nats
    ? nats.system_account
    : undefined;
}

/** @param prefix what stands before a name, for people */
async function jwtsIn(folder: string, prefix: string) {
  const read: OldJwt[] = [];
  const unread: string[] = [];
  for (const name of await namesIn(folder)) {
    if (!name.endsWith(".jwt")) continue;
    const bytes = await readWritten(join(folder, name));
    const jwt = "fault" in bytes ? undefined : readNatsJwt(Buffer.from(bytes).toString("latin1"));
    const where = prefix + name.slice(0, -".jwt".length);
    if (jwt) read.push({ ...jwt, where });
    else unread.push(where);
  }
  return { read, unread };
}

/** In an order of its own, so that the same store makes the same policy. */
async function namesIn(folder: string): Promise<readonly string[]> {
  return (await readdir(folder).catch(() => [])).sort();
}
