/**
 * The doors of the network: HTTP. Requests become asks, credentials and errors become answers.
 *
 * Promises: every answer with a secret is `no-store`; every error is a problem document, at the
 * token endpoint an OAuth error, with one constant sentence; no input gives a 500; what is served
 * is described as OpenAPI by the schemas that it goes by. May touch: the listening socket.
 */
export { adminDoor, type Words } from "./admin.ts";
export type { Check } from "./door.ts";
export { type Listener, listenerAt } from "./listener.ts";
export { metricsDoor } from "./metrics.ts";
export { httpDoor } from "./server.ts";
