/**
 * Door 1: HTTP. Requests become asks, credentials and errors become answers.
 *
 * Promises: every answer with a secret is `no-store`; every error is a problem document with one
 * constant sentence; no input gives a 500. May touch: the listening socket.
 */
export type { Behind, Check } from "./door.ts";
export { httpDoor } from "./server.ts";
