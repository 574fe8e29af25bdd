import type { Config } from "../config/index.ts";
import type { Credential } from "../credential/index.ts";
import type { StsError } from "../errors.ts";
import type { Ask, Entry, Explanation } from "../line/index.ts";

/** One thing that has to work before callers should come, and why it does not. */
export interface Check {
  readonly name: string;
  readonly failed?: string;
}

/** What stands behind the HTTP door. `app/` builds the real one. */
export interface Behind {
  /** As the door was opened with. */
  readonly config: Config;
  /** As it is in force now: issuers and accounts may come and go. */
  current(): Config;
  exchange(ask: Ask): Promise<Credential>;
  /** Says what an exchange would give. Asked only where the operator allows it. */
  explain(ask: Ask): Promise<Explanation>;
  /** Whether one more exchange can be under way. Counts the request for which it cannot. */
  hasRoom(): boolean;
  /** Counts an address. Throws StsError `rate_limited`, `overloaded`. */
  admit(address: string): void;
  /** The nonce that proofs of possession must hold; undefined where they need none. */
  proofNonce(): string | undefined;
  /** Journals a refusal that happened before the line, and says what the caller is told. */
  refuse(error: unknown, entry: Entry): Promise<StsError>;
  ready(): Promise<readonly Check[]>;
  /** True once this instance is to stop: it still serves, but callers had better go elsewhere. */
  leaving(): boolean;
  /** True once it serves nobody any more. */
  stopping(): boolean;
}
