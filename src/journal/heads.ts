import { join } from "node:path";
import { instanceKey, makeInstanceKey, type Owner, type Signer } from "../keys/index.ts";
import type { Head } from "./chain.ts";
import { type Courier, courier } from "./courier.ts";
import { realDisk } from "./disk.ts";
import { type SignedHead, signHead } from "./head.ts";
import { appendHead, lastHead } from "./heads-file.ts";
import { JournalStartError } from "./lock.ts";
import { type Post, postHead } from "./post-head.ts";
import { HEADS_FILE } from "./segments.ts";
import type { Witness } from "./witness.ts";

/** How often heads are signed, and where they are sent. */
export interface HeadsOptions {
  readonly every_s: number;
  /** Absolute path; in the folder of the writer unless said. */
  readonly file?: string;
  /** Each head is POSTed to it as JSON. */
  readonly url?: string;
  /** Absolute path of a server seed; made in the folder of the writer unless said. */
  readonly key_file?: string;
  readonly owner: Owner;
  readonly post: Post;
  /** Calls back every so many milliseconds. Returns how to stop. */
  every(ms: number, run: () => void): () => void;
  on_head(head: SignedHead): void;
  on_failure(failure: HeadFailure): void;
}

/** A head that could not be sent. It, or a newer one, is sent with the next. */
export interface HeadFailure {
  readonly to: "file" | "url";
  readonly reason: string;
  /** Since the start. */
  readonly failures: number;
}

/** The regular signing of heads. */
export interface Heads {
  failures(): number;
  /** Signs and sends what was written since, and ends. */
  close(): Promise<void>;
}

/** The chain that is signed. */
export interface Signable {
  readonly writer: string;
  /** Unix milliseconds. */
  now(): number;
  /** The last event that is durable. */
  head(): Head;
}

/** In the folder of the writer, unless configured. */
const KEY_FILE = "head.nk";

/** The key and the file, ready for use. */
export interface OpenHeads {
  /** What this key has signed last, which the journal must still hold. */
  readonly witness: Witness | undefined;
  start(chain: Signable): Heads;
}

/**
 * Reads the key, or makes it, and what it has signed last.
 *
 * @throws JournalStartError when the key or the file cannot be used
 */
export async function openHeads(
  options: HeadsOptions,
  folder: string,
  writer: string,
): Promise<OpenHeads> {
  const signer = await signerOf(options, folder);
  const file = options.file ?? join(folder, HEADS_FILE);
  const last = await knownHead(file, writer, signer.public_key);
  const home_id = options.file === undefined ? await realDisk.identify(folder) : undefined;
  const append = async (head: SignedHead) => {
    // What has taken the place of our folder is another journal, of which this head is none.
    if (home_id !== undefined && (await realDisk.identify(folder)) !== home_id)
      throw Object.assign(new Error("the folder was replaced"), { code: "ENOENT" });
    await appendHead(file, head);
  };
  return {
    witness: last && { head: last, file },
    start: (chain) => signRegularly(options, append, signer, last, chain),
  };
}

/**
 * Signs the head of the chain now and then, when something was written since, and sends it out. The
 * newest head vouches for all before it, so one that could not be sent is replaced, never queued.
 */
function signRegularly(
  options: HeadsOptions,
  append: (head: SignedHead) => Promise<void>,
  signer: Signer,
  last: SignedHead | undefined,
  { writer, now, head: stand }: Signable,
): Heads {
  const { url, on_failure } = options;
  const failures = () => couriers.reduce((sum, each) => sum + each.failures(), 0);
  const failing = (to: HeadFailure["to"]) => (reason: string) =>
    on_failure({ to, reason, failures: failures() });
  const couriers: Courier[] = [courier(append, failing("file"))];
  if (url !== undefined) {
    couriers.push(courier((head) => postHead(options.post, url, head), failing("url")));
  }

  let newest = last;
  async function sign(): Promise<void> {
    const { seq, hash } = stand();
    if (seq > (newest?.seq ?? 0)) {
      newest = await signHead({ writer, seq, hash, at: new Date(now()).toISOString() }, signer);
      options.on_head(newest);
    }
    const head = newest;
    // What stood in the file at the start was sent before.
    if (head && head !== last) await Promise.all(couriers.map(({ take }) => take(head)));
  }

  let busy = false;
  let signing = Promise.resolve();
  const errand = () => {
    if (busy) return; // A place that takes its time must not make us pile up errands.
    busy = true;
    signing = sign().finally(() => {
      busy = false;
    });
  };
  errand();
  const stop = options.every(options.every_s * 1000, errand);
  return {
    failures,
    close() {
      stop();
      signing = signing.then(sign);
      return signing;
    },
  };
}

async function signerOf({ key_file, owner }: HeadsOptions, folder: string): Promise<Signer> {
  const file = key_file ?? join(folder, KEY_FILE);
  let signer = await instanceKey(file, owner);
  // One that was configured is the operator's to make: a new one would not be the one that is known.
  if ("fault" in signer && signer.missing && key_file === undefined) {
    await makeInstanceKey(file);
    signer = await instanceKey(file, owner);
  }
  if ("fault" in signer)
    throw new JournalStartError(`The key of journal heads, ${file}, ${signer.fault}.`);
  return signer;
}

async function knownHead(
  file: string,
  writer: string,
  key: string,
): Promise<SignedHead | undefined> {
  try {
    return await lastHead(file, writer, key);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new JournalStartError(
      `The journal heads in ${file} cannot be used (${why}): make it a file of this user, or change journal.heads.file.`,
      { cause },
    );
  }
}
