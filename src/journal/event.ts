import type { ErrorCode } from "../errors.ts";

/** Who asked, through which door, with which token. Part of every decision. */
export interface Asked {
  readonly door: "http" | "callout" | "cli";
  readonly request_id: string;
  readonly client_request_id?: string;
  readonly address?: string;
  /** At most 256 characters. */
  readonly user_agent?: string;
  /** SHA-256 hex of the token. The token itself is never recorded. */
  readonly token_sha256?: string;
}

/** Present once verification has proved it. */
interface Identified {
  readonly identity?: {
    readonly issuer: string;
    readonly kind: string;
    readonly subject: string;
    readonly digest: string;
  };
  /** Digest of the policy that decided. */
  readonly policy?: string;
  readonly trace?: readonly { readonly rule: string; readonly missed?: string }[];
}

export interface Issued extends Asked, Identified {
  readonly type: "credential.issued";
  /** The `jti` of the JWT. */
  readonly id: string;
  readonly user_public_key: string;
  /** True when the caller brought the key: we never had its seed. */
  readonly own_key: boolean;
  readonly account: string;
  /** Public key of the account signing key that signed. */
  readonly signing_key: string;
  readonly roles: readonly string[];
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
  /** Unix seconds. */
  readonly iat: number;
  /** Unix seconds. */
  readonly exp: number;
}

export interface Refused extends Asked, Identified {
  readonly type: "credential.refused";
  readonly code: ErrorCode;
  readonly detail?: Readonly<Record<string, unknown>>;
}

export interface PolicyLoaded {
  readonly type: "policy.loaded";
  readonly policy: string;
  readonly files: readonly string[];
}

/** What the service tells the journal. The journal adds seq, at, writer and prev. */
export type JournalEvent = Issued | Refused | PolicyLoaded;
