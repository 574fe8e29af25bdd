import { carry } from "./carry.ts";
import { casesText } from "./cases-text.ts";
import { groupUsers, type ImportedRole } from "./group.ts";
import { type OldJwt, type OldWorld, readUser } from "./old.ts";
import { type LeftOut, policyText } from "./policy-text.ts";

/** A policy and its cases, made from users. */
export interface Imported {
  readonly roles: readonly ImportedRole[];
  readonly left_out: readonly LeftOut[];
  readonly policy: string;
  readonly cases: string;
}

/**
 * Makes roles of the users of NATS accounts: each permits what the user was permitted by nats-server
 * and never more. The rules wait for somebody to say who they are, and match nobody until then.
 *
 * @param issuer the name of the issuer that the rules have
 * @param unread what was named as a user and is no JWT
 */
export function importUsers(
  jwts: readonly OldJwt[],
  world: OldWorld,
  issuer: string,
  unread: readonly string[] = [],
): Imported {
  const left_out: LeftOut[] = unread.map((name) => ({ name, why: "holds no NATS user JWT" }));
  // The same file may be named twice, or be in two places.
  const each_once = new Map(jwts.map((jwt) => [jwt.digest, jwt]));
  const carried = [...each_once.values()].flatMap((jwt) => {
    const user = readUser(jwt, world);
    const result = "refused" in user ? user : carry(user, world.location);
    if (!("refused" in result)) return [result];
    left_out.push({ name: jwt.where, why: result.refused });
    return [];
  });
  const roles = groupUsers(carried);
  return {
    roles,
    left_out,
    policy: policyText(roles, left_out, issuer),
    cases: casesText(roles, issuer),
  };
}
