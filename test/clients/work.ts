/** What a client is asked to do; README.md says what it does with it. */
export interface Work {
  readonly url: string;
  /** Of the service, as it came. */
  readonly creds_file: string;
  readonly name: string;
  /** How long what must come is waited for. */
  readonly patience_ms: number;
  /** How long what must not come is waited for. */
  readonly impatient_ms: number;
}

/** What came of it, in the words of the client. */
export interface Result {
  /** Name and version. */
  readonly client: string;
  readonly reply: string;
  readonly news: string;
  readonly job: string;
  /** What the server refused: first to publish, then to subscribe. */
  readonly refused: readonly string[];
  /** The reply to a request without the option for the prefix, or `no answer`. */
  readonly default_inbox: string;
}
