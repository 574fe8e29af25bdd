/**
 * How often: token buckets by key, for addresses and identities.
 *
 * Promises: bounded in keys, constant work for each event, and no counter that still counts is
 * forgotten. May touch: nothing; the caller brings the time.
 */
export { type RateLimiter, rateLimiter } from "./rate.ts";
