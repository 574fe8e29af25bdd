import { createHash } from "node:crypto";
import type { TokenUse } from "../journal/index.ts";

/** What kind of caller stands behind a token. */
export type Kind = "user" | "client" | "workload";

/** What verification proved. Only `verify` makes one. */
export interface Identity {
  /** The name under which the configuration trusts the issuer. Rules call it by this name. */
  readonly issuer: string;
  /** The exact `iss` of the token. */
  readonly issuer_url: string;
  readonly kind: Kind;
  readonly subject: string;
  /** The OAuth client that asked for the token, where the token says so. */
  readonly client?: string;
  /** Whole words, as granted by the issuer. */
  readonly scopes: readonly string[];
  /** All of them, but for those that the caller controls. */
  readonly claims: Readonly<Record<string, unknown>>;
  /**
   * Claims of which this token has an unusual, dangerous value, such as `event_name` of a pull
   * request. Only a rule that names all of them may match. Absent when there are none.
   */
  readonly guarded?: readonly string[];
  /** Unix seconds: the `exp` of the token. */
  readonly token_expires_at: number;
  /** No credential may outlive an access token; an identity token is only an assertion at one time. */
  readonly token_kind: "access" | "identity";
  /** Present where the token is good for one credential. */
  readonly token_use?: TokenUse;
  /** Which one of those who share this identity, where the issuer says so. */
  readonly instance?: string;
  /** {@link identityDigest} of this identity. */
  readonly digest: string;
}

/** By what its requests are counted: many pods may share one identity, and none should starve the others. */
export const rateKey = ({ digest, instance }: Pick<Identity, "digest" | "instance">): string =>
  instance === undefined ? digest : `${digest} ${instance}`;

/**
 * The stable, opaque name of an identity: SHA-256 in lower-case hex over the UTF-8 of
 * `JSON.stringify([issuer url, kind, subject])`. Inbox, tags and journal are derived from it.
 */
export function identityDigest(issuer_url: string, kind: Kind, subject: string): string {
  return createHash("sha256")
    .update(JSON.stringify([issuer_url, kind, subject]))
    .digest("hex");
}
