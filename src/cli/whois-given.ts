import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { resolve } from "node:path";
import { decodePublicKey } from "../keys/index.ts";
import type { Args, Io } from "./command.ts";
import { unlessUnreadable } from "./journal-folders.ts";
import { type UserJwt, userJwtIn } from "./user-jwt.ts";

/** What somebody has in hand and wants to know whose it is. */
export type Given =
  | { readonly kind: "key"; readonly user_public_key: string }
  | { readonly kind: "id"; readonly id: string }
  | { readonly kind: "jwt"; readonly jwt: UserJwt };

/** A creds file has some four thousand bytes. */
const LIMIT_BYTES = 64 * 1024;

/** A `jti`: base32 of SHA-512/256. */
const ID = /^[A-Z2-7]{52}$/;

const HOW =
  "name a user key (U...), a credential id, or a file with a JWT or creds; - is standard input";

/** What the command line names, read; or what is wrong with it. Never repeats what may be a secret. */
export async function givenIn({ values, operands }: Args, io: Pick<Io, "cwd" | "stdin">) {
  const [operand, ...more] = operands;
  const file = values["file"];
  if (more.length > 0 || (operand === undefined) === (file === undefined)) return HOW;
  if (typeof file === "string") return jwtIn(file, io);
  return namedBy(operand ?? "", io);
}

async function namedBy(text: string, io: Pick<Io, "cwd" | "stdin">): Promise<Given | string> {
  if (decodePublicKey("user", text)) return { kind: "key", user_public_key: text };
  if (ID.test(text)) return { kind: "id", id: text };
  if (/^U[A-Z2-7]{30,}$/.test(text))
    return "that is no user key: it has 56 characters and a checksum";
  return jwtIn(text, io);
}

async function jwtIn(file: string, io: Pick<Io, "cwd" | "stdin">): Promise<Given | string> {
  const name = file === "-" ? "standard input" : file;
  const bytes = await unlessUnreadable(
    name,
    file === "-" ? limited(io.stdin()) : contentOf(resolve(io.cwd, file)),
  );
  if (typeof bytes === "string") return `${bytes}: ${HOW}`;
  const jwt = bytes && userJwtIn(bytes.toString("latin1"));
  return jwt ? { kind: "jwt", jwt } : `${name} holds no NATS user JWT, nor creds with one`;
}

async function contentOf(path: string): Promise<Buffer | undefined> {
  // Without O_NONBLOCK, opening a pipe waits until somebody writes to it.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  return limited(file.createReadStream());
}

/** Undefined where there is more than a credential can have. */
async function limited(chunks: AsyncIterable<Uint8Array>): Promise<Buffer | undefined> {
  const read: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    read.push(chunk);
    bytes += chunk.length;
    if (bytes > LIMIT_BYTES) return undefined;
  }
  return Buffer.concat(read);
}
