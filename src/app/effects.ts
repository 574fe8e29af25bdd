import type { FastifyBaseLogger } from "fastify";
import type { LoadedConfig } from "../config/index.ts";
import type { Fetch } from "../identity/index.ts";
import type { KeyRing, Owner } from "../keys/index.ts";
import type { Policy } from "../policy/index.ts";

/** What the operator wrote, read and found free of faults. */
export interface Loaded extends LoadedConfig {
  readonly ring: KeyRing;
  readonly policy: Policy;
}

/** The outside world, as far as the service needs it. */
export interface Effects {
  /** Unix time in milliseconds. */
  now_ms(): number;
  readonly fetch: Fetch;
  readonly log: FastifyBaseLogger;
  /** Who runs this process: decides which key files are safe. */
  readonly owner: Owner;
  /** Where `journal: stdout` goes. Resolves once the text was taken. */
  write(text: string): Promise<void>;
  /** Called when going on would be wrong, such as after a failed flush. */
  fatal(error: unknown): void;
}

/** The running service. */
export interface App {
  /** Where it listens. */
  readonly url: string;
  /** Lets answers in flight finish, flushes the journal, and lets go of everything. */
  close(): Promise<void>;
}
