/** What the service said when it refused, as far as it said it. */
export interface Told {
  readonly status?: number;
  /** A code of the service's error table, such as `token_expired`. */
  readonly code?: string;
  /** Under which the operator finds the rest. */
  readonly request_id?: string;
  /** True where the same request may succeed a little later. */
  readonly passing?: boolean;
  /** Seconds that the service asked for before another try. */
  readonly retry_after_s?: number;
}

/**
 * Why there is no new credential: one sentence for whoever reads the log. Never holds a token, a
 * seed or anything else that could be used.
 */
export class ClientError extends Error {
  override readonly name = "ClientError";
  readonly told: Told;

  constructor(message: string, told: Told = {}, options?: ErrorOptions) {
    super(message, options);
    this.told = told;
  }
}

/**
 * What somebody else wrote, fit for a terminal and a log: printable ASCII, in one line, cut. A
 * malicious answer could otherwise move the cursor or forge a log line.
 */
export function printable(text: string, limit_characters = 300): string {
  return text.slice(0, limit_characters).replace(/[^ -~]+/g, "?");
}

/** The words of any error, fit for a log. */
export function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return "failed";
  if (error instanceof ClientError) return error.message; // What others wrote in it was made fit.
  const { cause, message } = error;
  // fetch says "fetch failed" and keeps the reason in the cause.
  const inner = cause instanceof Error ? (cause as NodeJS.ErrnoException) : undefined; // may have a code
  return printable(inner ? inner.message || (inner.code ?? message) : message);
}
