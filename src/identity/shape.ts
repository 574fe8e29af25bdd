import { StsError } from "../errors.ts";
import { type Claims, isObject } from "./claim.ts";
import { parseStrict } from "./json.ts";

/** What may be read of a token before anything is proved. */
export interface Unverified {
  readonly alg: string;
  /** Lower case, without `application/` (RFC 7515 §4.1.9); empty where it is missing. */
  readonly typ: string;
  readonly kid: string | undefined;
  /** Used as keys into the configured issuers and for nothing else. */
  readonly iss: unknown;
  readonly sub: unknown;
}

/** Three parts of base64url without padding: a JWS in compact form (RFC 7515 §7.1), and no JWE. */
const COMPACT = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;

/**
 * Header members that would change what is verified or with which key (RFC 7515 §4.1, RFC 7797):
 * never honoured, so refused. Others are ignored, as §4 asks: GitHub and Entra send `x5t`.
 */
const REFUSED_MEMBERS = ["crit", "b64", "zip", "jwk", "jku", "x5u", "x5c"];

/** Longer key ids are nobody's. */
const KID_LIMIT_CHARACTERS = 1024;

/**
 * Checks size and shape of a token before it is parsed, then reads the little that is needed to
 * choose the issuer.
 *
 * @throws StsError `token_too_large`, `token_malformed`
 */
export function readUnverified(token: string, limit_bytes: number): Unverified {
  if (token.length > limit_bytes) {
    throw new StsError("token_too_large", { bytes: token.length, limit_bytes });
  }
  if (!COMPACT.test(token)) throw malformed("the token is not three parts of base64url");
  const [head = "", body = "", signature = ""] = token.split(".");
  bytesOf(signature, "signature");
  const header = objectIn(bytesOf(head, "header"), "header");
  const refused = REFUSED_MEMBERS.find((member) => Object.hasOwn(header, member));
  if (refused) throw malformed(`header has the member ${refused}`);
  const { alg, typ = "", kid = "" } = header;
  for (const [name, value] of Object.entries({ alg, typ, kid }))
    if (typeof value !== "string") throw malformed(`header ${name} is no string`);
  if (String(kid).length > KID_LIMIT_CHARACTERS) throw malformed("header kid is too long");
  const { iss, sub } = objectIn(bytesOf(body, "payload"), "payload");
  return {
    alg: String(alg),
    typ: String(typ)
      .toLowerCase()
      .replace(/^application\//, ""),
    kid: Object.hasOwn(header, "kid") ? String(kid) : undefined,
    iss,
    sub,
  };
}

/**
 * The claims of a token of which the shape was checked, proved or not.
 *
 * @throws StsError `token_malformed`
 */
export const payloadOf = (token: string): Claims =>
  objectIn(Buffer.from(token.split(".")[1] ?? "", "base64url"), "payload");

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * The JSON object in a part of a token.
 *
 * @throws StsError `token_malformed`
 */
export function objectIn(bytes: Uint8Array, what: "header" | "payload"): Claims {
  const value = parsed(bytes, what);
  if (!isObject(value)) throw malformed(`${what} is not a JSON object`);
  return value;
}

function parsed(bytes: Uint8Array, what: string): unknown {
  try {
    return parseStrict(UTF8.decode(bytes));
  } catch (error) {
    // The decoder's message is Node's own, and differs from one version to the next.
    const utf8 = error instanceof TypeError ? "is not UTF-8" : undefined;
    throw malformed(`${what} ${utf8 ?? (error instanceof Error ? error.message : "is not JSON")}`);
  }
}

function bytesOf(part: string, what: string): Buffer {
  const bytes = Buffer.from(part, "base64url");
  // Another spelling of the same bytes would be another token to whoever compares texts.
  if (bytes.toString("base64url") !== part) throw malformed(`${what} is not canonical base64url`);
  return bytes;
}

const malformed = (reason: string) => new StsError("token_malformed", { reason });
