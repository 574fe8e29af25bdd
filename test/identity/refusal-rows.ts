import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { JWK } from "jose";
import { PROJECT } from "../support/project.ts";
import { newSigningKey } from "../support/provider-keys.ts";
import type { Recipe } from "./forge.ts";
import { keysOf, publicOf } from "./support.ts";

/** A token that is refused, for one reason. */
export interface Row extends Recipe {
  readonly name: string;
  readonly code: string;
  /** Part of the reason that the operator reads; null where the code says it all. */
  readonly reason: string | null;
}

const FOLDER = join(PROJECT, "test/identity/refusals");

/** All tables, by the name of their file. */
export const TABLES = readdirSync(FOLDER).map((file): readonly [string, readonly Row[]] => [
  file.replace(".json", ""),
  JSON.parse(readFileSync(join(FOLDER, file), "utf8")),
]);

/** Another issuer that is trusted, too. */
export const OTHER = "https://other.test";

/** The keys that rows name, and what the two issuers publish of them. */
export async function refusalKeys() {
  const own = await keysOf("RS256", "ES256", "ES384", "EdDSA", "Ed25519");
  const [rsa, ec, okp, stranger] = await Promise.all([
    newSigningKey("RS256"),
    newSigningKey("ES256"),
    newSigningKey("Ed25519"),
    newSigningKey("ES256"),
  ]);
  const keys: Readonly<Record<string, JWK>> = {
    ...own,
    other: { ...ec, kid: String(own.ES256.kid) },
    "other RSA": { ...rsa, kid: String(own.RS256.kid) },
    "other Ed25519": { ...okp, kid: String(own.Ed25519.kid) },
    stranger,
  };
  const published: readonly JWK[] = [
    ...Object.values(own).map(publicOf),
    { ...publicOf(ec), kid: "enc", use: "enc" },
    { kty: "oct", kid: "oct", k: "c2VjcmV0" },
  ];
  return { own, keys, published, published_by_other: [publicOf(stranger)] };
}
