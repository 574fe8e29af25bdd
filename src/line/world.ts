import type { DpopProof, Identity, Verifier } from "../identity/index.ts";
import type { Asked, Audited, JournalEvent, TokenUse } from "../journal/index.ts";
import type { Signer, UserKeyClaim } from "../keys/index.ts";
import type { Decision, Narrowing, Policy } from "../policy/index.ts";

/** What a caller asks, through whichever door. */
export interface Ask {
  readonly token: string;
  /** That the caller holds the key to which the token is bound, where it sent one. */
  readonly proof?: DpopProof | undefined;
  /** Which part of its grant the caller wants. */
  readonly narrowing: Narrowing;
  /** The caller's own key and its proof, where it brought one. */
  readonly user_key: UserKeyClaim;
  readonly asked: Asked;
}

/** Everything outside that an exchange touches, as it is when it begins. `app/` builds the real one. */
export interface World {
  /** Unix seconds, whole. */
  now_s(): number;
  /** Times a step. */
  timed<T>(step: "verify" | "decide" | "mint" | "record", work: () => T | Promise<T>): Promise<T>;
  /** Throws StsError `clock_unreliable` while issued credentials could end too late. */
  checkClock(): void;
  readonly verifier: Verifier;
  /** Throws StsError `issuer_untrusted`, `issuer_unavailable` where an issuer is not trusted any more as it was. */
  checkIssuer(url: string): void;
  /** Counts an identity, by its rate key. Throws StsError `rate_limited`, `overloaded`. */
  admit(rate_key: string): void;
  /** What proofs of possession are bound to. */
  readonly public_url: string;
  readonly policy: Policy;
  /** What a policy on trial would decide, where that differs. Never throws. */
  trial(
    identity: Identity,
    narrowing: Narrowing,
    decision: Decision,
    now_s: number,
  ): Audited | undefined;
  /**
   * The account and who signs for it: with a scoped key that key alone, else never a scoped one.
   * Throws StsError `signer_unavailable` where there is no such key.
   */
  account(
    name: string,
    scoped_key?: string,
  ): { readonly public_key: string; readonly signer: Signer };
  /** Binds a caller's key to an identity beyond this time; false while it belongs to another. */
  claimUserKey(public_key: string, identity_digest: string, expires_at: number): boolean;
  /**
   * Takes a token that is good for one credential until the function that it returns is called.
   * Throws StsError `token_replayed`, `overloaded`.
   */
  claimToken(use: TokenUse | undefined, user_key: string | undefined): () => void;
  /** Resolves once the event is on disk. */
  record(event: JournalEvent): Promise<unknown>;
  /** Records without waiting, up to a limit. */
  note(event: JournalEvent): unknown;
}
