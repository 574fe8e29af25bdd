/**
 * The composition root: configuration to world to doors, and the order in which they start and stop.
 *
 * Promises: every effect that a room uses was handed to it here; what was started is stopped again,
 * last first. May touch: everything, by handing it on.
 */
export type { Effects, Files, Loaded } from "./effects.ts";
export { type App, startApp } from "./start.ts";
