import { constants, createHmac, createPrivateKey, createPublicKey, sign } from "node:crypto";
import type { JWK } from "jose";
import { encoded, type Members } from "./support.ts";

/** How one token is made. What is not said is as in a good token. */
export interface Recipe {
  readonly payload?: Members;
  readonly header?: Members;
  readonly remove?: readonly string[];
  readonly remove_header?: readonly string[];
  /** Raw text, with `{payload}` or `{open}` (the good one without its last brace) filled in. */
  readonly payload_text?: string;
  readonly header_text?: string;
  readonly payload_base64?: string;
  readonly header_base64?: string;
  /** Levels of lists in a claim `x`. */
  readonly deep?: number;
  /** Name of a key, or `hmac` and such a name for its public half as a secret. */
  readonly key?: string;
  readonly signature?: string;
  /** The whole token, with `{token}`, `{header}` and the like filled in; repeated if told so. */
  readonly token?: string;
  readonly repeat?: number;
}

/** Makes tokens that no library would make. */
export function forge(
  recipe: Recipe,
  claims: Members,
  keys: Readonly<Record<string, JWK>>,
): string {
  if (recipe.repeat) return String(recipe.token).repeat(recipe.repeat);
  const { key: name = "ES256" } = recipe;
  const key = keys[name.replace(/^hmac /, "")];
  if (!key) throw new Error(`there is no key ${name}`);
  const header = headerOf(recipe, key);
  const payload = payloadOf(recipe, claims);
  const signed = `${header}.${payload}`;
  const signature = recipe.signature ?? signatureOf(signed, key, name.startsWith("hmac "));
  const token = `${signed}.${signature}`;
  return fill(recipe.token ?? "{token}", {
    token,
    header,
    payload,
    signature,
    header_other: encoded({ alg: key.alg, kid: key.kid, typ: "at+jwt", x: 1 }),
    payload_of_eve: encoded({ ...claims, sub: "eve" }),
    signature_swapped: swapped(signature),
    signature_other_tail: otherTail(signature),
  });
}

function headerOf(recipe: Recipe, { alg, kid }: JWK): string {
  const good = { alg, kid, typ: "at+jwt", ...recipe.header };
  if (recipe.header_base64) return base64url(recipe.header_base64);
  return encoded(fillObject(recipe.header_text ?? "{payload}", good, recipe.remove_header));
}

function payloadOf(recipe: Recipe, claims: Members): string {
  if (recipe.payload_base64) return base64url(recipe.payload_base64);
  const good = { ...claims, ...recipe.payload };
  const text = fillObject(recipe.payload_text ?? "{payload}", good, recipe.remove);
  const { deep = 0 } = recipe;
  return encoded(
    deep ? text.replace('"x":null', `"x":${"[".repeat(deep)}${"]".repeat(deep)}`) : text,
  );
}

const base64url = (base64: string) => Buffer.from(base64, "base64").toString("base64url");

function fillObject(template: string, members: Members, remove: readonly string[] = []): string {
  const left = Object.entries(members).filter(([name]) => !remove.includes(name));
  const text = JSON.stringify(Object.fromEntries(left));
  const without_exp = JSON.stringify({ ...members, exp: undefined });
  const open_without_exp = without_exp.slice(0, -1);
  return fill(template, { payload: text, open: text.slice(0, -1), open_without_exp });
}

const fill = (template: string, values: Readonly<Record<string, string>>) =>
  template.replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? "");

function swapped(signature: string): string {
  const bytes = Buffer.from(signature, "base64url");
  return Buffer.concat([bytes.subarray(32), bytes.subarray(0, 32)]).toString("base64url");
}

/** The same bytes in another spelling: the last character of a P-256 signature has spare bits. */
function otherTail(signature: string): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  return signature.slice(0, -1) + alphabet[alphabet.indexOf(signature.slice(-1)) + 1];
}

/** What anybody can download, which a careless verifier takes for the secret of an HMAC. */
const pemOf = (key: JWK) =>
  createPublicKey({ key: { ...key }, format: "jwk" }).export({ type: "spki", format: "pem" });

function signatureOf(text: string, key: JWK, hmac: boolean): string {
  if (hmac) return createHmac("sha256", pemOf(key)).update(text).digest("base64url");
  const hash = { EC: key.crv === "P-384" ? "sha384" : "sha256", OKP: null, RSA: "sha256" }[
    String(key.kty)
  ];
  const padding =
    key.alg === "PS256" ? constants.RSA_PKCS1_PSS_PADDING : constants.RSA_PKCS1_PADDING;
  const settings =
    key.kty === "RSA" ? { padding, saltLength: 32 } : { dsaEncoding: "ieee-p1363" as const };
  const secret = createPrivateKey({ key: { ...key }, format: "jwk" });
  return sign(hash, Buffer.from(text), { key: secret, ...settings }).toString("base64url");
}
