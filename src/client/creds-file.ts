import { randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { lstat, open, rename, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { type UserKey, userKeyOf } from "../keys/index.ts";
import { userClaims } from "./answer.ts";
import { ClientError, wordsOf } from "./client-error.ts";

/** A credential that is there already: for which key, and for how long. */
export interface Held {
  readonly key: UserKey;
  /** Unix seconds. */
  readonly issued_at: number;
  readonly expires_at: number;
  /** When the service would like it renewed, where that is known. */
  readonly refresh_after?: number;
  /** Unix milliseconds: when its life began by the clock of this machine, which may differ. */
  readonly from_ms: number;
}

/** A creds file has less than 5 KiB. */
const CREDS_LIMIT_BYTES = 64 * 1024;

/**
 * Puts a creds file in place, whole or not at all: whoever reads it sees the old text or the new
 * one, and so does whoever starts after a power cut. Nobody else can read it at any moment.
 *
 * @throws ClientError, and then the old file is still there
 */
export async function writeCreds(file: string, text: string): Promise<void> {
  const fresh = join(dirname(file), `.${basename(file)}.${randomUUID()}`);
  try {
    await refuseOtherThanFile(file);
    await writeThrough(fresh, text);
    await rename(fresh, file);
    await flushFolder(dirname(file));
  } catch (error) {
    await unlink(fresh).catch(() => {}); // Renamed already, or never made.
    throw unwritable(file, error);
  }
}

/**
 * Proves that a creds file could be put there, before a credential is asked for that would be lost.
 *
 * @throws ClientError
 */
export async function proveWritable(file: string): Promise<void> {
  const fresh = join(dirname(file), `.${basename(file)}.${randomUUID()}`);
  try {
    await refuseOtherThanFile(file);
    await writeThrough(fresh, "");
    await unlink(fresh);
  } catch (error) {
    await unlink(fresh).catch(() => {});
    throw unwritable(file, error);
  }
}

/** In words about the file and its folder: the name that it has for a moment says nothing to anybody. */
function unwritable(file: string, error: unknown): ClientError {
  if (error instanceof ClientError) return error;
  const { code = "" } = error as NodeJS.ErrnoException; // if it is of a file, it has a code
  const folder = dirname(file);
  const why: Readonly<Record<string, string>> = {
    ENOENT: `: the folder ${folder} does not exist`,
    ENOTDIR: `: ${folder} is not a folder`,
    EACCES: `: this user may not write into the folder ${folder}`,
    EPERM: `: this user may not write into the folder ${folder}`,
    EROFS: `: the folder ${folder} is on a read-only file system`,
  };
  return new ClientError(`${file} cannot be written${why[code] ?? ` (${code || wordsOf(error)})`}`);
}

/** Renaming over a link or a device would put a file in its place. */
async function refuseOtherThanFile(file: string): Promise<void> {
  const stat = await lstat(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
  });
  if (stat && !stat.isFile())
    throw new ClientError(`${file} is not a plain file: name one, or leave --out away`);
}

async function writeThrough(file: string, text: string): Promise<void> {
  const handle = await open(file, "wx", 0o600);
  try {
    await handle.chmod(0o600); // Whatever the umask took away.
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function flushFolder(dir: string): Promise<void> {
  const handle = await open(dir);
  try {
    await handle.sync();
  } catch (error) {
    // Some file systems cannot flush a folder: then this is as good as it gets.
    if ((error as NodeJS.ErrnoException).code !== "EINVAL") throw error; // errors of a handle have a code
  } finally {
    await handle.close();
  }
}

/** The credential in a creds file, or why there is none to go on from. */
export async function readCreds(file: string): Promise<Held | { readonly none: string }> {
  const read = await readPrivate(file);
  if ("none" in read) return read;
  const claims = userClaims(partOf(read.text, "NATS USER JWT"));
  const key = userKeyOf(partOf(read.text, "USER NKEY SEED"));
  if (!key || !claims || claims.sub !== key.public_key) return { none: "it is not a creds file" };
  // A copy of a file is younger than what is in it, a clock that is behind makes it older.
  const from_ms = Math.min(claims.iat * 1000, read.written_ms);
  return { key, issued_at: claims.iat, expires_at: claims.exp, from_ms };
}

interface Written {
  readonly text: string;
  readonly written_ms: number;
}

async function readPrivate(file: string): Promise<Written | { readonly none: string }> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const handle = await open(file, flags).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw new ClientError(`${file} cannot be read (${wordsOf(error)})`);
  });
  if (!handle) return { none: "there is none yet" };
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) throw new ClientError(`${file} is not a plain file`);
    if (stat.size > CREDS_LIMIT_BYTES) return { none: "it is not a creds file" };
    // Whoever could read the seed would be this user for as long as the key is kept.
    if (stat.mode & 0o077) return { none: "others can read its key, so it gets a new one" };
    return { text: await handle.readFile("utf8"), written_ms: stat.mtimeMs };
  } finally {
    await handle.close();
  }
}

/** As the NATS clients read it: the text between two decorated lines. */
function partOf(text: string, name: string): string {
  const between = new RegExp(`-{3,}BEGIN ${name}-{3,}\\s+(\\S+)\\s+-{3,}END ${name}-{3,}`);
  return between.exec(text)?.[1] ?? "";
}
