import { covers, overlaps, type Subject } from "./subject.ts";

/** What has to be denied beside a list of subscriptions, or the pair for which that cannot be done. */
export type StarGuard =
  | { readonly deny: readonly string[] }
  | { readonly star: Subject; readonly beside: Subject };

/**
 * The denies that hold a trailing `*` to one token. nats-server (2.15) compares the subject of a
 * subscription token by token and lets the `*` of a permission match the `>` that a client asks for:
 * who may subscribe to `orders.*` may subscribe to `orders.>` and receives all that is below. A deny
 * of `orders.*.>` closes that, because denies are applied again on delivery.
 *
 * It is not needed where another subscription gives all that is below anyway. Where another gives a
 * part of it, the deny would take that part away: the two cannot stand in one credential.
 */
export function guardStars(subscribe: readonly Subject[]): StarGuard {
  const deny: string[] = [];
  for (const star of subscribe) {
    if (star.tokens.at(-1) !== "*") continue;
    const tokens = [...star.tokens, ">"];
    const below = { ...star, text: tokens.join("."), tokens };
    if (subscribe.some((other) => covers(other, below))) continue;
    const beside = subscribe.find((other) => overlaps(other, below));
    if (beside) return { star, beside };
    deny.push(below.text);
  }
  return { deny: [...new Set(deny)].sort() };
}
