import { createHash } from "node:crypto";
import { claimsIn } from "../identity/index.ts";
import { decodePublicKey, signatureFits } from "../keys/index.ts";

/** What a NATS JWT says, and whether the key that it names has signed it. */
export interface NatsJwt {
  readonly claims: Readonly<Record<string, unknown>>;
  /** SHA-256 hex of the text. */
  readonly digest: string;
  readonly signature_fits: boolean;
}

const JWT = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)$/;
const BEGIN = "-----BEGIN NATS USER JWT-----";

/** Reads a NATS JWT; undefined where the text is none. An account has signed it, or an operator. */
export function readNatsJwt(text: string): NatsJwt | undefined {
  const [whole, header = "", payload = "", signature = ""] = JWT.exec(text.trim()) ?? [];
  if (whole === undefined) return undefined;
  try {
    if (claimsIn(decoded(header))["alg"] !== "ed25519-nkey") return undefined;
    const claims = claimsIn(decoded(payload));
    const key = String(claims["iss"]);
    const raw = decodePublicKey("account", key) ?? decodePublicKey("operator", key);
    const signed = Buffer.from(`${header}.${payload}`);
    return {
      claims,
      digest: createHash("sha256").update(whole).digest("hex"),
      signature_fits: !!raw && signatureFits(raw, signed, Buffer.from(signature, "base64url")),
    };
  } catch {
    return undefined; // Whatever it is, it is not what nats-server reads.
  }
}

const decoded = (base64url: string) => Buffer.from(base64url, "base64url").toString("utf8");

/** The user JWT of a creds file. What stands below it is the seed: that never becomes a text. */
export function userJwtOf(creds: Uint8Array): NatsJwt | undefined {
  const bytes = Buffer.from(creds.buffer, creds.byteOffset, creds.byteLength);
  const begin = bytes.indexOf(BEGIN);
  if (begin < 0) return undefined;
  const rest = bytes.subarray(begin + BEGIN.length);
  const end = rest.indexOf("---");
  return end < 0 ? undefined : readNatsJwt(rest.subarray(0, end).toString("latin1"));
}
