import type { ErrorCode } from "../errors.ts";
import type { Responses } from "./policy.ts";

/** What a caller may ask of its grant: always less than the policy gives, never more. */
export interface Narrowing {
  /** Account name. */
  readonly account?: string;
  readonly roles?: readonly string[];
  /** Absent means as granted; an empty list means nothing at all. */
  readonly publish?: readonly string[];
  /** Absent means as granted; an empty list leaves the own inbox alone. */
  readonly subscribe?: readonly string[];
  /** Seconds. More than the policy gives is cut, not refused. */
  readonly ttl_s?: number;
}

/** A window of the day, `HH:MM:SS` each, start before end. */
export interface TimeRange {
  readonly start: string;
  readonly end: string;
}

/** What one identity may have in one account now. Everything is already filled in and intersected. */
export interface Grant {
  /** Account name, as in the configuration. */
  readonly account: string;
  /** The roles that add up to this grant, in the order of the policy. */
  readonly roles: readonly string[];
  /** Subjects, sorted and without duplicates. Empty means that nothing may be published. */
  readonly publish: readonly string[];
  /** Subjects and `subject queue` forms; the own inbox is among them unless the role shares it. */
  readonly subscribe: readonly string[];
  /**
   * Subscriptions to deny besides, absent for none: without them nats-server lets who may subscribe to
   * `orders.*` subscribe to `orders.>`. Whoever encodes a grant must write them.
   */
  readonly deny_subscribe?: readonly string[];
  /** Subjects that may not be published to although `publish` covers them; absent for none. */
  readonly deny_publish?: readonly string[];
  /** May publish so often, and so long after, to whatever subject a request names; absent for never. */
  readonly responses?: Responses;
  /** Upper case, sorted, never empty. */
  readonly connection_types: readonly string[];
  /** CIDR blocks; absent means from anywhere. Never empty. */
  readonly source_networks?: readonly string[];
  readonly times?: { readonly location: string; readonly ranges: readonly TimeRange[] };
  /** Absent means without limit. */
  readonly limits: {
    readonly subscriptions?: number;
    readonly payload_bytes?: number;
    readonly data_bytes?: number;
  };
  /** `key:value` in lower case, besides those that every credential has; absent for none. */
  readonly tags?: readonly string[];
  /** The client can only bring the JWT, without signing for its key: MQTT, and nothing else. */
  readonly bearer?: true;
  /**
   * Public key of the scoped signing key that has to sign. It says what is permitted: `publish`,
   * `subscribe` and the conditions are then not in the JWT. Signed by any other key, such a JWT would
   * permit everything.
   */
  readonly scoped_key?: string;
  /** `_INBOX.<32 hex>` or the role's literal, without the trailing `.>`. */
  readonly inbox_prefix: string;
  /** Unix seconds. */
  readonly expires_at: number;
}

/**
 * The rules in the order of the policy; `missed` names the first criterion that did not hold. Of a
 * large policy only some are listed: then a last line, whose `rule` is empty, counts the others.
 */
export type Trace = readonly {
  readonly rule: string;
  readonly missed?: string;
  readonly rules?: number;
}[];

/** The answer of `decide`: a grant, or the code and reason of the refusal. Always with its trace. */
export type Decision =
  | { readonly allow: true; readonly grant: Grant; readonly trace: Trace }
  | {
      readonly allow: false;
      readonly code: ErrorCode;
      readonly detail: Readonly<Record<string, unknown>>;
      readonly trace: Trace;
    };
