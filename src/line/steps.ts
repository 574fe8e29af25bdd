import { type Credential, mint } from "../credential/index.ts";
import { StsError } from "../errors.ts";
import { type Identity, rateKey, verify } from "../identity/index.ts";
import type { JournalEvent } from "../journal/index.ts";
import { provenKey } from "../keys/index.ts";
import { type Decision, decide, type Grant } from "../policy/index.ts";
import type { Entry } from "./entry.ts";
import type { Ask, World } from "./world.ts";

/** token -> identity, and whether it comes too often. */
export async function identified(
  ask: Pick<Ask, "token" | "proof">,
  world: World,
  entry: Entry,
  now_s: number,
): Promise<Identity> {
  world.checkClock();
  const identity = await world.timed("verify", () =>
    verify(ask.token, world.verifier, now_s, ask.proof),
  );
  world.checkIssuer(identity.issuer_url); // Keys and answers may have been waited for meanwhile.
  const { issuer, kind, subject, digest } = identity;
  entry.identity = { issuer, kind, subject, digest };
  world.admit(rateKey(identity));
  return identity;
}

/** identity -> decision. */
export async function decided(
  identity: Identity,
  { narrowing }: Ask,
  { policy, timed }: World,
  entry: Entry,
  now_s: number,
): Promise<Decision> {
  const decision = await timed("decide", () => decide(policy, identity, narrowing, now_s));
  Object.assign(entry, { policy: policy.digest, trace: decision.trace });
  return decision;
}

/** The caller's own key, if it brought one, which is then this identity's alone for as long as it can be used. */
export function claimedKey(
  { user_key, token }: Ask,
  { digest }: Identity,
  { expires_at }: Grant,
  world: World,
): string | undefined {
  const proven = provenKey(user_key, world.public_url, token);
  if (proven !== undefined && !world.claimUserKey(proven, digest, expires_at))
    throw new StsError("user_key_in_use");
  return proven;
}

/** decision -> credential. */
export function minted(
  grant: Grant,
  user_key: string | undefined,
  { issuer, digest }: Identity,
  { asked: { request_id } }: Ask,
  world: World,
  now_s: number,
): Promise<Credential> {
  const account = world.account(grant.account, grant.scoped_key);
  const policy = world.policy.digest;
  const to = { issuer, digest, policy, request_id, user_key, account, now_s };
  return world.timed("mint", () => mint(grant, to));
}

/** Resolves once the event is on disk. */
export async function recorded(event: JournalEvent, world: World): Promise<void> {
  await world.timed("record", () => world.record(event));
}
