import type { JetStreamClient, JetStreamManagerOptions } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import type { Step, Verb } from "./session.ts";

/** A connection of nats.js with its JetStream, which does not ask for the state of the account. */
export interface NatsJs {
  readonly nc: NatsConnection;
  readonly js: JetStreamClient;
  readonly options: JetStreamManagerOptions;
  readonly patience_ms: number;
}

export type Verbs<V extends Verb = Verb> = Readonly<
  Record<V, (client: NatsJs, step: Step) => Promise<unknown>>
>;

/** A field that a verb cannot do without. */
export function need<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("the step lacks a field");
  return value;
}
