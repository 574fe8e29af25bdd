import type { Algorithm } from "../config/index.ts";
import type { Claim, ClaimType } from "./claim.ts";
import type { Kind } from "./identity.ts";

export type Scalar = string | number | boolean;

/** One kind of identity among a provider's tokens: the first row whose conditions all hold is it. */
export interface KindRow {
  readonly kind: Kind;
  /** What names it: unique and never given to anybody else. */
  readonly subject: Claim;
  /** The first is the second, with the third behind it where there is one. */
  readonly same?: readonly [Claim, Claim, string?];
  readonly present?: readonly Claim[];
  readonly absent?: readonly Claim[];
}

/** What the page of a provider says, beside what follows from the rest of the row. */
export interface Page {
  /** What to set up at the provider, a step each. */
  readonly setup: readonly string[];
  /** What an audience looks like; `nats-sts` where the operator is free to choose. */
  readonly audience?: string;
  /** A rule of the policy to copy, as YAML. */
  readonly rule: string;
  /** Claims that look good in a rule and are not, and what to use. */
  readonly avoid: Readonly<Record<Claim, string>>;
}

/** What is special about one provider's tokens: a row of data, not code of its own. */
export interface Preset {
  readonly title: string;
  /** No credential outlives an access token; an identity token only says who came, at one time. */
  readonly token_kind: "access" | "identity";
  /** Whether a token is good for one credential, where each run of something has a token of its own. */
  readonly token_use: "once" | "reuse";
  /** Header `typ` values that are accepted, lower case, without `application/`; empty for none. */
  readonly typ: readonly string[];
  readonly algorithms: readonly Algorithm[];
  /** `use` of the keys that sign tokens. A key without `use` is one of them. */
  readonly key_uses: readonly string[];
  /** Longest time from iat to exp. A token may be this old, too, unless the operator says otherwise. */
  readonly max_lifetime_s: number;
  /** `sub` for SVIDs, which need no iss: the trust domain in sub is the issuer then. */
  readonly issuer_claim: "iss" | "sub";
  /** What stands for the audience: the first of these claims that is there. */
  readonly audience: readonly Claim[];
  /** Whether every audience of a token must be ours, so that no other recipient can replay it here. */
  readonly single_audience: boolean;
  /** Claims that must be there, and what they are. */
  readonly required: Readonly<Record<Claim, ClaimType>>;
  /** What a claim must be one of, where it is there. */
  readonly equal: Readonly<Record<Claim, readonly Scalar[]>>;
  /** The claim that must be the first segment of the issuer's path: the tenant. */
  readonly tenant?: Claim;
  /** Whether access tokens, too, may be for their own client, so that ID tokens are told otherwise. */
  readonly client_as_audience: boolean;
  /** Claims that only ID tokens of this provider have. */
  readonly id_token_marks: readonly string[];
  /** Where granted scopes stand, as words between blanks or as a list: all of these together. */
  readonly scopes: readonly Claim[];
  /** Where roles or groups stand, for those who write rules. */
  readonly roles: readonly Claim[];
  /** Where the OAuth client stands: the first one that is there. */
  readonly client: readonly Claim[];
  /** Whether a token without a client is no access token. */
  readonly client_required: boolean;
  readonly kinds: readonly [KindRow, ...KindRow[]];
  /** What tells apart those who share an identity, such as its pods: each has a rate of its own. */
  readonly instance?: Claim;
  /** The whole of every subject. There is one way only in which a text can fit, so it is linear. */
  readonly subject_form?: RegExp;
  /** Claims that the caller controls: taken away before anybody can match them. */
  readonly dropped: readonly Claim[];
  /**
   * Values of a claim that are harmless. With any other, or none, only a rule that names the claim
   * may match: that is how pull requests of strangers stay out of rules that do not think of them.
   */
  readonly guarded: Readonly<Record<Claim, readonly Scalar[]>>;
  /** The issuer that signs for everybody, and the claim by which each rule must then say whom it means. */
  readonly shared?: { readonly url: string; readonly claim: Claim };
  /** For the operator, when a claim is missing: what to change at the provider. */
  readonly missing: Readonly<Record<Claim, string>>;
  readonly page: Page;
}
