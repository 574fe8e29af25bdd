import type { Attack } from "./attack.ts";
import { AUTHORIZATIONS } from "./authorization.ts";
import { BODIES } from "./bodies.ts";
import { PIPELINES } from "./connections.ts";
import { FRAMING } from "./framing.ts";
import { LINES } from "./lines.ts";
import { TARGETS } from "./targets.ts";

/** All attacks that are over at once, by what they are about. */
export const ATTACKS: Readonly<Record<string, readonly Attack[]>> = {
  framing: FRAMING,
  lines: LINES,
  targets: TARGETS,
  bodies: BODIES,
  pipelines: PIPELINES,
  authorizations: AUTHORIZATIONS,
};
