import type { Path } from "../config/index.ts";
import { jetstreamIntent } from "./intent-jetstream.ts";
import type { ServiceFile } from "./intent-schema.ts";
import type { RoleFile } from "./role-schema.ts";
import type { IntentScope, Report } from "./scope.ts";
import type { Direction } from "./subject.ts";

/** A subject that an intent needs. */
export interface Intended {
  readonly direction: Direction;
  readonly text: string;
  /** Where the intent stands in its role. */
  readonly path: Path;
  /** What NATS made for this purpose, so that it needs neither an opt-in nor a place in a fence. */
  readonly open: boolean;
}

/** The least subjects with which a role can do what it is for. */
export function intended(file: RoleFile, scope: IntentScope, report: Report): readonly Intended[] {
  const jetstream = (file.jetstream ?? []).flatMap((intent, index) =>
    jetstreamIntent(intent, ["jetstream", index], scope, report),
  );
  return [...jetstream, ...(file.service ? serviceIntent(file.service) : [])];
}

/**
 * A micro service as NATS clients write them (ADR-32): its endpoints in its queue group, and the
 * subjects on which it is asked who it is. Answers go to inboxes.
 */
function serviceIntent({ name, subjects, queue = "q" }: ServiceFile): readonly Intended[] {
  const endpoints = typeof subjects === "string" ? [subjects] : subjects;
  const discovery = ["PING", "INFO", "STATS"].flatMap((verb) => [
    `$SRV.${verb}`,
    `$SRV.${verb}.${name}`,
    `$SRV.${verb}.${name}.>`,
  ]);
  const subscribe = (open: boolean) => (text: string) =>
    ({ direction: "subscribe", text, path: ["service"], open }) as const;
  return [
    ...endpoints.map((subject) => `${subject} ${queue}`).map(subscribe(false)),
    ...discovery.map(subscribe(true)),
  ];
}
