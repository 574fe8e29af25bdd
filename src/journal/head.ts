import { decodePublicKey, type Signer, signatureFits } from "../keys/index.ts";
import { WRITER } from "./segments.ts";

/** Where the chain of a writer stood, signed: it vouches for every event up to this one. */
export interface SignedHead {
  readonly writer: string;
  readonly seq: number;
  /** SHA-256 hex of the line with this seq, without its newline. */
  readonly hash: string;
  /** When it was signed: RFC 3339, UTC, milliseconds. */
  readonly at: string;
  /** The public key that signed: a NATS server nkey, `N…`. */
  readonly key: string;
  /** Ed25519, base64url without padding. */
  readonly sig: string;
}

/** The message of the log line that carries a head. */
export const HEAD_MESSAGE = "journal head";

/** Signs where a chain stands. */
export async function signHead(
  head: Omit<SignedHead, "key" | "sig">,
  signer: Signer,
): Promise<SignedHead> {
  const { writer, seq, hash, at } = head;
  const sig = Buffer.from(await signer.sign(signedText(head))).toString("base64url");
  return { writer, seq, hash, at, key: signer.public_key, sig };
}

/** Whether a head was signed by the key that it names. Whose key that is, is another question. */
export function signatureHolds(head: SignedHead): boolean {
  const raw = decodePublicKey("server", head.key);
  return (
    raw !== undefined && signatureFits(raw, signedText(head), Buffer.from(head.sig, "base64url"))
  );
}

/**
 * The head in a line of JSON: one of a heads file, or a line of the log that carries one. "other" is
 * a line of the log that carries something else; undefined is neither.
 */
export function readHead(line: string): SignedHead | "other" | undefined {
  const value = parsed(line);
  if (!value) return undefined;
  const { writer, seq, hash, at, key, sig, msg } = value;
  if (msg !== undefined && msg !== HEAD_MESSAGE) return "other";
  if (!isText(writer, WRITER) || !isText(hash, /^[0-9a-f]{64}$/) || !isText(at, TIME))
    return undefined;
  if (!isText(key, /^N[A-Z2-7]{55}$/) || !isText(sig, /^[A-Za-z0-9_-]{86}$/)) return undefined;
  if (typeof seq !== "number" || !Number.isSafeInteger(seq) || seq < 1) return undefined;
  return { writer, seq, hash, at, key, sig };
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** What is signed. Its first line keeps the signature from meaning anything elsewhere. */
function signedText({ writer, seq, hash, at }: Omit<SignedHead, "key" | "sig">): Buffer {
  return Buffer.from(`nats-sts-journal-head-v1\n${writer}\n${seq}\n${hash}\n${at}`);
}

function parsed(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null
      ? (value as Record<string, unknown>) // an object has members of any kind
      : undefined;
  } catch {
    return undefined;
  }
}

function isText(value: unknown, form: RegExp): value is string {
  return typeof value === "string" && form.test(value);
}
