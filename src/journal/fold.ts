import type { StoredEvent } from "./event.ts";

/** Something remembered that can be rebuilt from the journal: a left fold over its events. */
export interface Fold {
  /** Under this name its entries stand in checkpoints. */
  readonly name: string;
  /** Takes in an event that is durable, in the order of the journal. Must not throw. */
  apply(event: StoredEvent): void;
  /** What is worth remembering at this time (Unix seconds), as JSON values. */
  checkpoint(now_s: number): Iterable<unknown>;
  /**
   * Takes in what `checkpoint` gave, possibly in several calls.
   *
   * @throws Error that says what does not fit.
   */
  restore(entries: readonly unknown[]): void;
}
