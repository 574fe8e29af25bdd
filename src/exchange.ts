import type { Credential } from "./credential/index.ts";
import { StsError } from "./errors.ts";
import {
  type Ask,
  claimedKey,
  decided,
  entryOf,
  identified,
  issued,
  minted,
  recorded,
  refuse,
  type World,
} from "./line/index.ts";

/** token -> identity -> decision -> credential -> journal -> answer. Every door comes through here. */
export async function exchange(ask: Ask, world: World): Promise<Credential> {
  const entry = entryOf(ask);
  let releaseToken = () => {};
  try {
    const identity = await identified(ask, world, entry, world.now_s());

    const now_s = world.now_s(); // The keys of the issuer may have been waited for.
    const decision = await decided(identity, ask, world, entry, now_s);
    const audit = world.trial(identity, ask.narrowing, decision, now_s);
    if (audit) entry.audit = audit;
    if (!decision.allow) throw new StsError(decision.code, { ...decision.detail });

    const user_key = claimedKey(ask, identity, decision.grant, world);
    releaseToken = world.claimToken(identity.token_use, user_key);
    const credential = await minted(decision.grant, user_key, identity, ask, world, now_s);

    await recorded({ ...entry, ...issued(credential, user_key !== undefined, identity) }, world);
    return credential; // No record, no credential.
  } catch (error) {
    throw await refuse(error, entry, world);
  } finally {
    releaseToken(); // Of a token that came to something, the journal knows by now.
  }
}
