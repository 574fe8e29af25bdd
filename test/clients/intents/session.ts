/** Everything that a client is asked to do here, each the way its users write it. README.md has the list. */
export type Verb =
  | "publish"
  | "subscribe"
  | "store"
  | "take"
  | "take_pushed"
  | "make"
  | "read"
  | "names"
  | "purge"
  | "kv_get"
  | "kv_revision"
  | "kv_put"
  | "kv_delete"
  | "kv_watch"
  | "kv_keys"
  | "kv_history"
  | "kv_status"
  | "object_put"
  | "object_get"
  | "object_list"
  | "object_delete"
  | "serve";

/** One thing to do. Which fields count depends on the verb. */
export interface Step {
  readonly do: Verb;
  readonly subjects?: readonly string[];
  readonly queue?: string;
  readonly stream?: string;
  readonly consumer?: string;
  readonly deliver?: string;
  readonly filter?: string;
  readonly bucket?: string;
  readonly key?: string;
  readonly value?: string;
  readonly name?: string;
  readonly count?: number;
  /** In a way of its own: mostly without asking for the state of the bucket, which few roles may. */
  readonly bare?: boolean;
  /** Must be refused, so that nothing is waited for longer than `impatient_ms`. */
  readonly forbidden?: boolean;
}

/** What one credential is used for, in this order. */
export interface Session {
  readonly url: string;
  readonly creds_file: string;
  /** JetStream domain, for a client outside it. */
  readonly domain?: string;
  readonly steps: readonly Step[];
}

/** In goes this as JSON. The sessions run side by side. */
export interface Work {
  readonly sessions: readonly Session[];
  readonly patience_ms: number;
  readonly impatient_ms: number;
}

/** What came of a step: a value or the words of an error, and what the server refused meanwhile. */
export interface Outcome {
  readonly value?: unknown;
  readonly error?: string;
  readonly refused: readonly string[];
}

/** Out comes this: name and version, and an outcome for each step of each session. */
export interface Result {
  readonly client: string;
  readonly sessions: readonly (readonly Outcome[])[];
}
