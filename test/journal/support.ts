import { appendFile, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import {
  type Disk,
  type DiskFile,
  type Issued,
  type Journal,
  type JournalOptions,
  openJournal,
  type Refused,
  realDisk,
  type StoredEvent,
} from "../../src/journal/index.ts";

/** Where the clock of a test stands, in Unix milliseconds. */
export const NOON_MS = Date.UTC(2030, 0, 1, 12);

/** A folder that goes away with the test. */
export async function tempDir(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "journal-"));
  t.after(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

export function options(dir: string, more: Partial<JournalOptions> = {}): JournalOptions {
  return {
    dir,
    writer: "main",
    keep_s: 90 * 86_400,
    max_ttl_s: 3600,
    unverified: { burst: 10, per_s: 10 },
    now: () => NOON_MS,
    on_fatal: (error) => {
      throw error;
    },
    ...more,
  };
}

/** A journal that is closed with the test, unless that was done before. */
export async function open(
  t: TestContext,
  dir: string,
  more: Partial<JournalOptions> = {},
): Promise<Journal> {
  const journal = await openJournal(options(dir, more));
  t.after(() => journal.close());
  return journal;
}

export function issued(id: string, more: Partial<Issued> = {}): Issued {
  return {
    type: "credential.issued",
    door: "http",
    request_id: id,
    identity: { issuer: "corp", kind: "client", subject: "svc", digest: "d1" },
    id,
    user_public_key: `U${id}`,
    own_key: false,
    account: "ORDERS",
    signing_key: "A",
    roles: ["r"],
    publish: [],
    subscribe: ["orders.>"],
    iat: NOON_MS / 1000,
    exp: NOON_MS / 1000 + 900,
    ...more,
  };
}

export function refused(id: string): Refused {
  return { type: "credential.refused", door: "http", request_id: id, code: "token_expired" };
}

/** The segments of a folder, in order. */
export async function segmentsOf(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => /^\d{16}\.jsonl$/.test(name)).sort();
}

/** The lines of all segments of a folder. */
export async function linesOf(folder: string): Promise<StoredEvent[]> {
  const names = await segmentsOf(folder);
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), "utf8")));
  return texts
    .flatMap((text) => text.split("\n").slice(0, -1))
    .map((line) => JSON.parse(line) as StoredEvent);
}

export async function collect<T>(all: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const one of all) found.push(one);
  return found;
}

export function failure(code: string): Error {
  return Object.assign(new Error(code), { code });
}

/** The request ids of the decisions among these events. */
export function requestIds(events: readonly StoredEvent[]): string[] {
  return events.flatMap((event) => ("request_id" in event ? [event.request_id] : []));
}

type Operation = "open" | "write" | "sync" | "truncate" | "rename" | "syncFolder" | "identify";

/** A real disk, on which the next call of an operation can be made to fail. */
export function faultyDisk() {
  const faults = new Map<Operation, Error[]>();
  const calls = new Map<Operation, number>();
  /** A write that has this many bytes at most goes through in part. */
  let short_bytes: number | undefined;
  const pass = async (operation: Operation) => {
    calls.set(operation, (calls.get(operation) ?? 0) + 1);
    const fault = faults.get(operation)?.shift();
    if (fault) throw fault;
  };
  const wrap = (file: DiskFile): DiskFile => ({
    ...file,
    async write(bytes, position) {
      if (short_bytes !== undefined) {
        const part = bytes.subarray(0, short_bytes);
        short_bytes = undefined;
        return file.write(part, position);
      }
      await pass("write");
      return file.write(bytes, position);
    },
    sync: () => pass("sync").then(() => file.sync()),
    truncate: (length_bytes) => pass("truncate").then(() => file.truncate(length_bytes)),
  });
  const disk: Disk = {
    open: (path, flags) => pass("open").then(async () => wrap(await realDisk.open(path, flags))),
    rename: (from, to) => pass("rename").then(() => realDisk.rename(from, to)),
    syncFolder: (path) => pass("syncFolder").then(() => realDisk.syncFolder(path)),
    identify: (path) => pass("identify").then(() => realDisk.identify(path)),
  };
  return {
    disk,
    fail: (operation: Operation, code: string) => {
      faults.set(operation, [...(faults.get(operation) ?? []), failure(code)]);
    },
    /** The next write takes only so many bytes. */
    shorten: (bytes: number) => {
      short_bytes = bytes;
    },
    count: (operation: Operation) => calls.get(operation) ?? 0,
  };
}

/** The program of this name beside the tests, compiled or not. */
export function program(name: string): string {
  const here = import.meta.url;
  return fileURLToPath(new URL(`./${name}${extname(fileURLToPath(here))}`, here));
}

/** Writes as a crash would leave it: part of a line at the end. */
export async function tear(path: string, bytes: string): Promise<void> {
  await appendFile(path, bytes);
}
