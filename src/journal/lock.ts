import { randomBytes } from "node:crypto";
import { lstat, readdir, rename, rm } from "node:fs/promises";
import { connect, createServer, type Server } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type Arena, contend, hidden, OWNER, shown, tidy } from "./lock-contest.ts";

/** The journal cannot be opened. The message says why, and what the operator can do. */
export class JournalStartError extends Error {
  override readonly name = "JournalStartError";
}

/** A longer socket path is refused: Node 20 would silently cut it and lock another file. */
const SOCKET_PATH_LIMIT_BYTES = 100;
const PAUSE_MS = 5;

/**
 * Takes a folder for this process, until the returned function is called or the process ends. The
 * lock is a unix socket, `lock.sock`, on which its owner listens: the system closes it with the
 * process, however that ends, and process numbers, which are all 1 in containers, do not matter. It
 * holds within one host. How it is won: {@link contend}.
 *
 * @throws JournalStartError when another process has the folder.
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const path = join(folder, OWNER);
  const long = lockFault(folder);
  if (long !== undefined) throw new JournalStartError(`The path of the lock, ${path}, ${long}.`);
  const tag = randomBytes(4).toString("hex"); // four letters more than the name that was measured
  const server = await listen(join(folder, hidden(tag)));
  const arena = arenaOf(folder);
  try {
    if (!(await contend(tag, arena))) throw inUse(folder);
    await tidy(arena);
    const ino = await inodeOf(path);
    return () => release(server, path, ino);
  } catch (error) {
    for (const name of [shown(tag), hidden(tag)]) await arena.remove(name);
    await closeServer(server);
    throw error;
  }
}

/** What is wrong with where the lock of a folder would be, if anything is. */
export function lockFault(folder: string): string | undefined {
  if (Buffer.byteLength(join(folder, OWNER)) <= SOCKET_PATH_LIMIT_BYTES) return undefined;
  return `is over ${SOCKET_PATH_LIMIT_BYTES} bytes, more than a unix socket takes: choose a shorter journal dir`;
}

function arenaOf(folder: string): Arena {
  return {
    names: () => readdir(folder),
    ask: (name) => ask(join(folder, name)),
    rename: (from, to) => renamed(join(folder, from), join(folder, to)),
    remove: (name) => rm(join(folder, name), { force: true }),
    pause: () => delay(PAUSE_MS),
  };
}

async function release(server: Server, path: string, ino: bigint | undefined): Promise<void> {
  try {
    if ((await inodeOf(path)) === ino) await rm(path, { force: true });
  } finally {
    await closeServer(server);
  }
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

function ask(path: string): Promise<"alive" | "dead" | "absent"> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    socket.once("connect", () => {
      socket.destroy();
      resolve("alive");
    });
    socket.once("error", (error) => {
      const code = codeOf(error);
      if (code === "ENOENT") resolve("absent");
      else if (code === "ECONNREFUSED" || code === "ENOTSOCK") resolve("dead");
      else resolve("alive"); // Its queue is full, or we may not connect: nobody said that it is dead.
    });
  });
}

async function renamed(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return false;
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

function codeOf(error: unknown): string {
  return String((error as { code?: unknown } | null)?.code); // Any value can be thrown.
}
