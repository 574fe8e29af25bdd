/**
 * What the line is made of: the world that an exchange sees, its steps, and the one path of refusals.
 * `explain` and `authorize` walk a part of it and give nothing. Promises that whatever is refused to a
 * verified identity, and whatever is allowed to an administrator, is on disk before the answer. Touches
 * nothing but what it is handed as `World`.
 */
export { type Act, authorize } from "./authorize.ts";
export { type Entry, entryOf } from "./entry.ts";
export { issued } from "./events.ts";
export { type Explanation, explain } from "./explain.ts";
export { refuse } from "./refuse.ts";
export { claimedKey, decided, identified, minted, recorded } from "./steps.ts";
export type { Ask, World } from "./world.ts";
