import type { FastifyBaseLogger } from "fastify";
import type { LoadedConfig, Seen } from "../config/index.ts";
import type { Fetch } from "../identity/index.ts";
import type { KeyRing, Owner } from "../keys/index.ts";
import type { OpenPolicy, Policy } from "../policy/index.ts";
import type { Certificates } from "../tls/index.ts";

/** What the operator wrote, read and found free of faults. */
export interface Loaded extends LoadedConfig {
  readonly ring: KeyRing;
  readonly policy: Policy;
  /** Only tried on what comes in; absent where there is none. */
  readonly audit?: Policy;
  /** The same as its author sees it, for what compares one policy with another. */
  openPolicy(): OpenPolicy;
  readonly certificates: Certificates;
}

/** What one reading of all files came to: what they say, or what is wrong with them. */
export type Read = { readonly loaded: Loaded } | { readonly refused: unknown };

/** The files that the operator wrote, for as long as the service runs. */
export interface Files {
  /** What was looked at for the first reading. */
  readonly seen: readonly Seen[];
  /** Reads all of them again. */
  read(): Promise<Read & { readonly seen: readonly Seen[] }>;
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
