import { calculateJwkThumbprint, type JWK } from "jose";
import { isObject } from "./claim.ts";
import { KeysWithdrawn } from "./jwks.ts";

/** More keys than any provider publishes. */
const KEYS_LIMIT = 100;
/** RFC 7518 §3.3 asks for at least so much; above the other, checking a signature is work to cause. */
const RSA_BITS = { least: 2048, most: 8192 };
/** Everybody's. Small ones invite forgeries, 1 makes any text its own signature, large ones cost time. */
const RSA_EXPONENT = 65_537n;
const CURVES: Readonly<Record<string, readonly string[]>> = {
  EC: ["P-256", "P-384", "P-521"],
  OKP: ["Ed25519"],
};

/** Which keys of a key set are for signatures of tokens, and which the operator pinned. */
export interface KeyRules {
  /** `use` that stands for signing tokens: `sig`, and `jwt-svid` in SPIFFE bundles. */
  readonly uses: readonly string[];
  /** RFC 7638, SHA-256. Absent means any key. */
  readonly thumbprints?: readonly string[];
}

/**
 * The public keys in a key set (RFC 7517 §5) that can check signatures of tokens, each reduced to what
 * that takes. Other keys are left out.
 *
 * @throws Error with the reason; {@link KeysWithdrawn} for a key set in which nothing is left
 */
export async function usableKeys(document: unknown, rules: KeyRules): Promise<JWK[]> {
  const keys = isObject(document) ? document["keys"] : undefined;
  if (!Array.isArray(keys)) throw new Error("there is no key set");
  if (keys.length > KEYS_LIMIT) throw new Error(`key set has more than ${KEYS_LIMIT} keys`);
  const usable = unique(keys.flatMap((key) => usableKey(key, rules.uses) ?? []));
  if (usable.length === 0) throw new KeysWithdrawn("key set has no usable key");
  const { thumbprints } = rules;
  if (!thumbprints) return usable;
  const prints = await Promise.all(usable.map((key) => calculateJwkThumbprint(key, "sha256")));
  const pinned = usable.filter((_, i) => thumbprints.includes(prints[i] ?? ""));
  if (pinned.length === 0) throw new KeysWithdrawn("key set has none of the pinned keys");
  return pinned;
}

/** A key that is published twice is one key: otherwise none would be chosen for a token. */
const unique = (keys: readonly JWK[]): JWK[] => [
  ...new Map(keys.map((key) => [JSON.stringify(key), key])).values(),
];

function usableKey(key: unknown, uses: readonly string[]): JWK | undefined {
  if (!isObject(key)) return undefined;
  const { kty, use, key_ops, kid, alg, d, k } = key;
  // A private key that was published is anybody's.
  if (d !== undefined || k !== undefined) return undefined;
  if (use !== undefined && !uses.some((each) => each === use)) return undefined;
  if (key_ops !== undefined && !(Array.isArray(key_ops) && key_ops.includes("verify")))
    return undefined;
  const numbers = kty === "RSA" ? rsaNumbers(key) : curvePoint(key);
  if (!numbers || !isText(kid, 1024) || !isText(alg, 64)) return undefined;
  return {
    ...numbers,
    ...(typeof kid === "string" && { kid }),
    ...(typeof alg === "string" && { alg }),
  };
}

const isText = (value: unknown, limit: number) =>
  value === undefined || (typeof value === "string" && value.length <= limit);

function rsaNumbers({ n, e }: Readonly<Record<string, unknown>>): JWK | undefined {
  if (typeof n !== "string" || typeof e !== "string") return undefined;
  const [modulus, exponent] = [numberOf(n, RSA_BITS.most), numberOf(e, 64)];
  if (modulus === undefined || exponent === undefined) return undefined;
  const bits = modulus.toString(2).length;
  if (bits < RSA_BITS.least || bits > RSA_BITS.most) return undefined;
  if (exponent !== RSA_EXPONENT) return undefined;
  return { kty: "RSA", n, e };
}

/** Base64urlUInt (RFC 7518 §2); undefined where it is none or has many more bits than wanted. */
function numberOf(text: string, limit_bits: number): bigint | undefined {
  const bytes = Buffer.from(text, "base64url");
  if (bytes.length === 0 || bytes.length > limit_bits / 8 + 1) return undefined;
  return bytes.toString("base64url") === text ? BigInt(`0x${bytes.toString("hex")}`) : undefined;
}

function curvePoint(key: Readonly<Record<string, unknown>>): JWK | undefined {
  const { kty, crv, x, y } = key;
  if (typeof kty !== "string" || typeof crv !== "string" || typeof x !== "string") return undefined;
  if (!Object.hasOwn(CURVES, kty) || !CURVES[kty]?.includes(crv)) return undefined;
  if (kty === "OKP") return { kty, crv, x };
  return typeof y === "string" ? { kty, crv, x, y } : undefined;
}
