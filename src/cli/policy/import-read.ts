import { resolve } from "node:path";
import { readWritten } from "../../config/index.ts";
import { type NscUsers, readNscUsers, userJwtOf } from "../../nats/index.ts";
import type { OldJwt } from "../../policy/index.ts";
import type { Args, Io } from "../command.ts";
import { UsageError } from "./load.ts";

const NONE: NscUsers = { users: [], accounts: new Map(), unread: [] };

/**
 * Reads the users that the options name. Where there are creds files, the store says what their
 * accounts are, and its own users are left alone.
 */
export async function readOld(
  { values, operands }: Args,
  { cwd }: Pick<Io, "cwd">,
): Promise<NscUsers> {
  const named = values["from-creds"];
  const creds = [...(Array.isArray(named) ? named : []), ...operands];
  const store = values["from-nsc"];
  if (store === undefined && creds.length === 0)
    throw new UsageError("name an nsc store with --from-nsc, or creds files with --from-creds");
  if (operands.length > 0 && store !== undefined && named === undefined)
    throw new UsageError("beside --from-nsc, creds files are named with --from-creds");
  const found = store === undefined ? NONE : await nscUsers(resolve(cwd, String(store)));
  if (creds.length === 0) return found;
  const users: OldJwt[] = [];
  const unread: string[] = [];
  for (const file of creds) {
    const jwt = await userJwtIn(resolve(cwd, file));
    if (jwt) users.push({ ...jwt, where: file });
    else unread.push(file);
  }
  return { users, unread, accounts: found.accounts };
}

const nscUsers = (store: string) =>
  readNscUsers(store).catch((error: Error) => {
    throw new UsageError(error.message);
  });

async function userJwtIn(file: string) {
  const bytes = await readWritten(file);
  if ("fault" in bytes) throw new UsageError(`${file} ${bytes.fault}`);
  try {
    return userJwtOf(bytes);
  } finally {
    bytes.fill(0); // The seed is in there.
  }
}
