import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { decodeSeed, type NkeyKind, SEED_CHARACTERS } from "./nkey.ts";
import { type Signer, seedSigner } from "./signer.ts";

/** A seed file has one line; anything larger is something else. */
const KEY_FILE_LIMIT_BYTES = 1024;

const HOW_TO_MAKE = "make one with: nsc edit account --name ACCOUNT --sk generate";

/** What is wrong with a seed of another kind, and what to use in its place. */
const WRONG_KIND: Readonly<Record<Exclude<NkeyKind, "account">, string>> = {
  operator:
    "holds an operator key, which this service must never have: list an account signing key",
  user: "holds a user key, which cannot sign credentials: list an account signing key",
  server: "holds a server key, which cannot sign credentials: list an account signing key",
  cluster: "holds a cluster key, which cannot sign credentials: list an account signing key",
  curve: "holds a curve key, which can only encrypt: list an account signing key",
};

/** Why a key file is refused, and what to do about it. */
export interface KeyFault {
  readonly fault: string;
  /** True where there is no such file. */
  readonly missing?: boolean;
}

/** Who runs this process. */
export interface Owner {
  readonly uid: number;
}

/** Reads an account signing seed. The answer is a signer, or what is wrong and what to do about it. */
export function readSigner(file: string, owner: Owner): Promise<Signer | KeyFault> {
  return readSeed(file, owner, signerOf);
}

/**
 * Reads a seed file that only its owner can read, and gives the seed in it, undefined where there is
 * none, to `use`, which wipes it. The answer is what that makes of it, or why the file is refused.
 */
export async function readSeed<T>(
  file: string,
  owner: Owner,
  use: (seed: ReturnType<typeof decodeSeed>) => T,
): Promise<T | KeyFault> {
  const larger = "a file with one seed is meant, not a creds file";
  return readSecret(file, owner, { limit_bytes: KEY_FILE_LIMIT_BYTES, larger }, (content) =>
    use(decodeSeed(seedIn(content))),
  );
}

/**
 * Reads a file that only its owner can read, and gives what it holds to `use`; it is wiped after that.
 *
 * @param limit how large it may be, and what to say of one that is larger
 * @returns what `use` makes of it, or why the file is refused
 */
export async function readSecret<T>(
  file: string,
  owner: Owner,
  limit: { readonly limit_bytes: number; readonly larger: string },
  use: (content: Uint8Array) => T,
): Promise<T | KeyFault> {
  const { limit_bytes, larger } = limit;
  // Without O_NONBLOCK, opening a pipe waits until somebody writes to it.
  const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK).catch(
    (error: NodeJS.ErrnoException) => error.code ?? "EIO",
  );
  if (typeof handle === "string")
    return {
      fault: `cannot be read (${handle}): check the path and its permissions`,
      missing: handle === "ENOENT",
    };
  const content = Buffer.alloc(limit_bytes + 1);
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) return { fault: "is not a file" };
    const open_to_others = modeFault(stat, owner);
    if (open_to_others) return { fault: open_to_others };
    const { bytesRead } = await handle.read(content, 0, content.length, 0);
    if (bytesRead > limit_bytes) return { fault: `is larger than ${limit_bytes} bytes: ${larger}` };
    return use(content.subarray(0, bytesRead));
  } finally {
    content.fill(0);
    await handle.close();
  }
}

function signerOf(seed: ReturnType<typeof decodeSeed>): Signer | KeyFault {
  if (!seed)
    return {
      fault: `must hold the seed of an account signing key (58 characters beginning with SA) and nothing else: ${HOW_TO_MAKE}`,
    };
  if (seed.kind === "account") return seedSigner(seed.raw);
  seed.raw.fill(0);
  return { fault: `${WRONG_KIND[seed.kind]}; ${HOW_TO_MAKE}` };
}

/** The first word of the file, as bytes: what stands around it is white space. */
function seedIn(content: Uint8Array): Uint8Array {
  const blank = (byte: number | undefined) =>
    byte === 32 || (byte !== undefined && byte >= 9 && byte <= 13);
  let start = 0;
  let end = content.length;
  while (start < end && blank(content[start])) start++;
  while (end > start && blank(content[end - 1])) end--;
  return end - start === SEED_CHARACTERS ? content.subarray(start, end) : new Uint8Array();
}

/**
 * Others must not be able to read a key, and nobody but its owner may write it. A group may read it
 * only where that is how Kubernetes hands out secrets: owned by root, read by us through the group.
 */
function modeFault(stat: { mode: number; uid: number }, { uid }: Owner): string | undefined {
  const mode = (stat.mode & 0o777).toString(8).padStart(4, "0");
  if (stat.mode & 0o007) return `is open to everyone (mode ${mode}): chmod 0600`;
  if (stat.mode & 0o030) return `can be changed by its group (mode ${mode}): chmod 0600`;
  if (stat.uid !== uid && stat.uid !== 0)
    return "belongs to another user, who could change it: chown it to the user of this service";
  const ours = stat.uid === uid;
  if (ours && stat.mode & 0o040) return `can be read by its group (mode ${mode}): chmod 0600`;
  return undefined;
}
