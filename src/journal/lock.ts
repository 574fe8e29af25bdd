import { randomBytes } from "node:crypto";
import { link, lstat, readdir, rename, rm } from "node:fs/promises";
import { connect, createServer, type Server } from "node:net";
import { join } from "node:path";

/** The journal cannot be opened. The message says why, and what the operator can do. */
export class JournalStartError extends Error {
  override readonly name = "JournalStartError";
}

/** A longer socket path is refused: Node 20 would silently cut it and lock another file. */
const SOCKET_PATH_LIMIT_BYTES = 100;

const NAME = "lock.sock";
/** Ours before it has the name above. No longer than that by more than four letters. */
const CANDIDATE = "lock.";
/** A socket that stood in the way, while it is found out whether somebody listens on it. */
const ASIDE = "held.";
const LEFTOVER = /^(lock|held)\.[0-9a-f]{8}$/;
const ATTEMPTS = 5;

/**
 * Takes a folder for this process, until the returned function is called or the process ends. The
 * lock is a unix socket on which its owner listens: the system closes it with the process, however
 * that ends, and process numbers, which are all 1 in containers, do not matter. It holds within one
 * host.
 *
 * Nobody wins by looking and then acting. A socket gets its name only when it already listens, by a
 * link that fails where the name is taken. One that refuses is first moved aside, which only one
 * process can do, and asked again there. Whoever has the name looks for listeners that were moved
 * aside, and gives way.
 *
 * @throws JournalStartError when another process has the folder.
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const path = join(folder, NAME);
  if (Buffer.byteLength(path) > SOCKET_PATH_LIMIT_BYTES) {
    throw new JournalStartError(
      `The path of the lock, ${path}, is over ${SOCKET_PATH_LIMIT_BYTES} bytes, more than a unix socket takes: choose a shorter journal dir.`,
    );
  }
  const candidate = join(folder, `${CANDIDATE}${tag()}`);
  const server = await listen(candidate);
  try {
    const ino = await inodeOf(candidate);
    if (ino === undefined) throw inUse(folder);
    await take(folder, path, candidate, ino);
    return () => release(server, folder, path, ino);
  } catch (error) {
    await rm(candidate, { force: true });
    await closeServer(server);
    throw error;
  }
}

async function take(folder: string, path: string, candidate: string, ino: bigint): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    await moveStaleAway(folder, path);
    if (!(await linked(candidate, path))) continue;
    if ((await ownersAside(folder)).some((other) => other !== ino)) {
      // It may be letting go just now: then the next attempt finds nobody.
      await removeOwn(folder, path, ino);
      continue;
    }
    await rm(candidate, { force: true });
    // Somebody who came late may be moving us aside, only to put us back. Where we can be found
    // under neither name, we are not protected, and must not go on.
    const before = await ownedByOther(path, ino);
    const places = [await inodeOf(path), ...(await ownersAside(folder)), await inodeOf(path)];
    // Who was put back while we were moved aside has the name: then it is not ours.
    if (places.includes(ino) && !before && !(await ownedByOther(path, ino))) return;
    break;
  }
  throw inUse(folder);
}

/**
 * Whether another process has the name for good. One that has only just linked itself has a second
 * name still, finds us aside, and gives way.
 */
async function ownedByOther(path: string, ino: bigint): Promise<boolean> {
  const other = await lstat(path, { bigint: true }).catch(() => undefined);
  if (!other || other.ino === ino || other.nlink > 1n) return false;
  return (await ask(path)) === "owned";
}

/** Afterwards the name is free, unless somebody else was quicker. */
async function moveStaleAway(folder: string, path: string): Promise<void> {
  const state = await ask(path);
  if (state === "owned") throw inUse(folder);
  if (state === "absent") return;
  const aside = join(folder, `${ASIDE}${tag()}`);
  if (!(await renamed(path, aside))) return;
  if ((await ask(aside)) !== "owned") {
    await rm(aside, { force: true });
    return;
  }
  // Between the question and the move a new owner took the name.
  await putBack(aside, path);
  throw inUse(folder);
}

/** Where yet another one has the name by now, it will find the owner under this one. */
async function putBack(aside: string, path: string): Promise<void> {
  if (await linked(aside, path)) await rm(aside, { force: true });
}

/** The sockets that were moved aside and on which somebody listens. Forgets all others. */
async function ownersAside(folder: string): Promise<bigint[]> {
  const owners: bigint[] = [];
  for (const name of await readdir(folder)) {
    if (!LEFTOVER.test(name)) continue;
    const path = join(folder, name);
    const ino = await inodeOf(path);
    if ((await ask(path)) !== "owned") await rm(path, { force: true });
    else if (name.startsWith(ASIDE) && ino !== undefined) owners.push(ino);
  }
  return owners;
}

async function release(server: Server, folder: string, path: string, ino: bigint): Promise<void> {
  try {
    await removeOwn(folder, path, ino);
  } finally {
    await closeServer(server);
  }
}

/** Moved first and looked at then: what stands at the name may change between two calls. */
async function removeOwn(folder: string, path: string, ino: bigint): Promise<void> {
  if ((await inodeOf(path)) !== ino) return;
  const aside = join(folder, `${ASIDE}${tag()}`);
  if (!(await renamed(path, aside))) return;
  if ((await inodeOf(aside)) === ino) await rm(aside, { force: true });
  else await putBack(aside, path);
}

async function listen(path: string): Promise<Server> {
  const server = createServer((socket) => socket.destroy());
  server.unref();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      // Exclusive: in a cluster the primary would listen for all its workers.
      server.listen({ path, exclusive: true }, resolve);
    });
  } catch (cause) {
    const message = `No unix socket can be made at ${path} (${codeOf(cause)}): the journal dir must be a folder on a local file system in which this user may write.`;
    throw new JournalStartError(message, { cause });
  }
  return server;
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

/** Whether somebody listens on this socket. */
function ask(path: string): Promise<"owned" | "stale" | "absent"> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    socket.once("connect", () => {
      socket.destroy();
      resolve("owned");
    });
    socket.once("error", (error) => {
      const code = codeOf(error);
      if (code === "ENOENT") resolve("absent");
      else if (code === "ECONNREFUSED" || code === "ENOTSOCK") resolve("stale");
      else resolve("owned"); // Its queue is full, or we may not connect: nobody said that it is dead.
    });
  });
}

/** False when the name is taken, or there is nothing that could get it. */
function linked(from: string, to: string): Promise<boolean> {
  return unless(link(from, to), "EEXIST", "ENOENT");
}

/** False when there is nothing to move. */
function renamed(from: string, to: string): Promise<boolean> {
  return unless(rename(from, to), "ENOENT");
}

async function unless(done: Promise<void>, ...codes: readonly string[]): Promise<boolean> {
  try {
    await done;
    return true;
  } catch (error) {
    if (codes.includes(codeOf(error))) return false;
    throw error;
  }
}

async function inodeOf(path: string): Promise<bigint | undefined> {
  try {
    return (await lstat(path, { bigint: true })).ino;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

function inUse(folder: string): JournalStartError {
  return new JournalStartError(
    `The journal folder ${folder} is in use by another process: stop that one, or give this one a writer name of its own (journal.writer).`,
  );
}

function tag(): string {
  return randomBytes(4).toString("hex");
}

function codeOf(error: unknown): string {
  return String((error as { code?: unknown } | null)?.code); // Any value can be thrown.
}
