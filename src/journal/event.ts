import type { ErrorCode } from "../errors.ts";

/** Who asked, through which door, with which token. Part of every decision. */
export interface Asked {
  readonly door: "http" | "admin" | "callout" | "cli";
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
  /** What the policy with `mode: audit` would have decided; absent where that is the same. */
  readonly audit?: Audited;
}

/** A decision that did not count, as far as it differs from the one that did. */
export interface Audited {
  /** Digest of the policy that made it. */
  readonly policy: string;
  readonly result: "wider" | "narrower" | "different" | "failed";
  /** With which it would have refused. */
  readonly code?: ErrorCode;
  /** Where it would have given something. */
  readonly account?: string;
  readonly roles?: readonly string[];
  /** What it would have permitted beyond what was given, and what it would not have, in words. */
  readonly more?: readonly string[];
  readonly less?: readonly string[];
}

/**
 * What was granted besides roles and subjects, as it stands in the JWT. Absent where that is nothing, or
 * goes without saying.
 */
interface GrantedBesides {
  readonly deny_publish?: readonly string[];
  readonly deny_subscribe?: readonly string[];
  /** May answer so often, and so long after, to whatever subject a request names. */
  readonly responses?: { readonly max: number; readonly ttl_s: number };
  /** Absent for `STANDARD` and `WEBSOCKET`. */
  readonly connection_types?: readonly string[];
  /** CIDR blocks; absent for anywhere. */
  readonly source_networks?: readonly string[];
  readonly times?: {
    readonly location: string;
    readonly ranges: readonly { readonly start: string; readonly end: string }[];
  };
  readonly limits?: {
    readonly subscriptions?: number;
    readonly payload_bytes?: number;
    readonly data_bytes?: number;
  };
  /** Besides those that every credential has. */
  readonly tags?: readonly string[];
  readonly bearer?: true;
  /** Public key of the scoped signing key: it says what is permitted, in place of all of the above. */
  readonly scoped_key?: string;
}

export interface Issued extends Asked, Identified, GrantedBesides {
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
  /** Present where the token is good for one credential, which this is. */
  readonly token_use?: { readonly digest: string; readonly exp: number };
}

export interface Refused extends Asked, Identified {
  readonly type: "credential.refused";
  readonly code: ErrorCode;
  readonly detail?: Readonly<Record<string, unknown>>;
}

/** A caller asked what it would be given. Nothing was. */
export interface Explained extends Asked, Identified {
  readonly type: "decision.explained";
  /** With which a credential would have been refused. */
  readonly code?: ErrorCode;
  /** Where one would have been given. */
  readonly account?: string;
  readonly roles?: readonly string[];
}

export interface PolicyLoaded {
  readonly type: "policy.loaded";
  readonly policy: string;
  /** `audit`: it decides nothing. Those in force are told together, `enforce` first. */
  readonly mode: "enforce" | "audit";
  /** In version control; absent where it is not known. */
  readonly revision?: string;
  readonly files: readonly string[];
}

/** Whom the service believes from now on, and with which keys it signs. */
export interface ConfigLoaded {
  readonly type: "config.loaded";
  readonly issuers: readonly {
    readonly name: string;
    readonly url: string;
    readonly audience: readonly string[];
  }[];
  readonly signing_keys: readonly {
    readonly account: string;
    readonly public_key: string;
    /** Public keys; the one that signs comes first. */
    readonly keys: readonly string[];
    /** Public keys that sign only for roles that name them; absent for none. */
    readonly scoped_keys?: readonly string[];
  }[];
}

/** A live credential that the policy in force would not give, or possibly not. */
export interface Narrowed {
  readonly type: "credential.narrowed" | "credential.revoked";
  readonly id: string;
  readonly user_public_key: string;
  readonly account: string;
  /** Unix seconds. */
  readonly exp: number;
  /** Digest of the identity that has it. */
  readonly identity_digest: string;
  readonly reason: "policy";
  /** Digest of the policy that would not give it. */
  readonly policy: string;
  /** False where it depends on claims that nobody kept. */
  readonly sure: boolean;
}

/** What a new policy takes away from credentials that live. */
export interface PolicyNarrowed {
  readonly type: "policy.narrowed";
  readonly policy: string;
  readonly before: string;
  readonly on_narrow: "keep" | "revoke";
  /** Credentials that live, and those of them that the policy would not give. */
  readonly live: number;
  readonly surely: number;
  readonly possibly: number;
}

/** An administrator was let do something. */
export interface AdminAllowed extends Asked, Identified {
  readonly type: "admin.allowed";
  readonly can: string;
  readonly accounts: readonly string[];
  /** What exactly. */
  readonly wish: Readonly<Record<string, string>>;
}

/** Something that nothing expected was thrown, and the process ends. */
export interface Crashed {
  readonly type: "service.crashed";
  /** The kind of the error and where it was thrown, without what it says. */
  readonly where: string;
}

/** Recorded to find out whether the journal can be written again. */
export interface Probed {
  readonly type: "journal.probed";
}

/** What the service tells the journal. The journal adds seq, at, writer and prev. */
export type JournalEvent =
  | Issued
  | Refused
  | Explained
  | PolicyLoaded
  | ConfigLoaded
  | AdminAllowed
  | Narrowed
  | PolicyNarrowed
  | Crashed
  | Probed;

/** Opens every segment: what the folds remember, so that a start need not read older segments. */
export interface Checkpoint {
  readonly type: "journal.checkpoint";
  /** Counts from 1 in each segment. */
  readonly part: number;
  readonly last: boolean;
  /** The entries of each fold, by its name. */
  readonly state: Readonly<Record<string, readonly unknown[]>>;
}

/** A line that a crash had cut short was moved to a file beside its segment. */
export interface Repaired {
  readonly type: "journal.repaired";
  readonly file: string;
  readonly bytes: number;
}

/** Comes before a segment is removed. A chain may begin after `last_seq`, with `last_hash`. */
export interface Pruned {
  readonly type: "journal.pruned";
  readonly segment: string;
  readonly last_seq: number;
  /** SHA-256 hex of the last line of the removed segment. */
  readonly last_hash: string;
}

/** What the journal records about itself. */
export type OwnEvent = Checkpoint | Repaired | Pruned;

/** What the journal adds to each event. */
interface Envelope {
  /** From 1, without gaps, for each writer. */
  readonly seq: number;
  /** RFC 3339, UTC, milliseconds. */
  readonly at: string;
  readonly writer: string;
  /** SHA-256 hex of the line before, without its newline; 64 zeros in the first line ever. */
  readonly prev: string;
}

/** An event as it stands in the journal. */
export type StoredEvent = Envelope & (JournalEvent | OwnEvent);
