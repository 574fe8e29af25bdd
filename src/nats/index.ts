/**
 * The NATS system side: what stands above a user credential, which is operators and accounts, and the
 * users that were there before us.
 *
 * Promises: whatever needs an operator key is in here, and the service never calls it. May touch:
 * the nsc store that is named to it, by reading; the servers that it is told to try. What it makes is
 * handed back as text.
 */
export { readNatsJwt, userJwtOf } from "./nats-jwt.ts";
export { type NscAccount, readNscStore } from "./nsc-store.ts";
export { type NscUsers, readNscUsers } from "./nsc-users.ts";
export { serverConf } from "./server-conf.ts";
export { type NatsTree, newTree } from "./tree.ts";
export { tryConnect } from "./try-connect.ts";
