import { StsError } from "../errors.ts";

/** What may be read of a token before anything is proved. */
export interface Unverified {
  /** Used as a key into the configured issuers and for nothing else. */
  readonly iss: string;
  readonly alg: string;
  /** Lower case, without `application/` (RFC 7515 §4.1.9); empty where it is missing. */
  readonly typ: string;
}

/** Three parts of base64url without padding: a JWS in compact form (RFC 7515 §7.1), and no JWE. */
const COMPACT = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;

/** Header members that would change what is verified or with which key: never honoured, so refused. */
const REFUSED_MEMBERS = ["crit", "b64", "zip", "jwk", "jku", "x5u", "x5c"];

/**
 * Checks size and shape of a token before it is parsed, then reads the little that is needed to
 * choose the issuer.
 *
 * @throws StsError `token_too_large`, `token_malformed`, `issuer_untrusted`
 */
export function readUnverified(token: string, limit_bytes: number): Unverified {
  if (token.length > limit_bytes) {
    throw new StsError("token_too_large", { bytes: token.length, limit_bytes });
  }
  if (!COMPACT.test(token)) throw malformed("is not three parts of base64url");
  const [head = "", body = "", signature = ""] = token.split(".");
  bytesOf(signature, "signature");
  const header = objectIn(head, "header");
  const refused = REFUSED_MEMBERS.find((member) => Object.hasOwn(header, member));
  if (refused) throw malformed(`header has the member ${refused}`);
  const { alg, typ = "" } = header;
  if (typeof alg !== "string" || typeof typ !== "string")
    throw malformed("header alg or typ is no string");
  const { iss } = objectIn(body, "payload");
  if (typeof iss !== "string")
    throw new StsError("issuer_untrusted", { reason: "iss is no string" });
  return { iss, alg, typ: typ.toLowerCase().replace(/^application\//, "") };
}

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function objectIn(part: string, what: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(UTF8.decode(bytesOf(part, what)));
  } catch (error) {
    throw error instanceof StsError ? error : malformed(`${what} is not JSON`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw malformed(`${what} is not a JSON object`);
  }
  return value as Record<string, unknown>; // checked just above
}

function bytesOf(part: string, what: string): Buffer {
  const bytes = Buffer.from(part, "base64url");
  // Another spelling of the same bytes would be another token to whoever compares texts.
  if (bytes.toString("base64url") !== part) throw malformed(`${what} is not canonical base64url`);
  return bytes;
}

const malformed = (reason: string) => new StsError("token_malformed", { reason });
