import { createHash } from "node:crypto";
import { type Credential, mint } from "./credential/index.ts";
import { type ErrorCode, StsError } from "./errors.ts";
import { type DpopProof, type Identity, rateKey, type Verifier, verify } from "./identity/index.ts";
import type {
  Asked,
  Audited,
  Explained,
  Issued,
  JournalEvent,
  Refused,
  TokenUse,
} from "./journal/index.ts";
import { provenKey, type Signer, type UserKeyClaim } from "./keys/index.ts";
import {
  type AdminRole,
  adminOf,
  type Decision,
  decide,
  detailsOf,
  type Narrowing,
  type Policy,
  rolesOf,
} from "./policy/index.ts";

/** What a caller asks, through whichever door. */
export interface Ask {
  readonly token: string;
  /** That the caller holds the key to which the token is bound, where it sent one. */
  readonly proof?: DpopProof | undefined;
  /** Which part of its grant the caller wants. */
  readonly narrowing: Narrowing;
  /** The caller's own key and its proof, where it brought one. */
  readonly user_key: UserKeyClaim;
  readonly asked: Asked;
}

/** Everything outside that an exchange touches, as it is when it begins. `app/` builds the real one. */
export interface World {
  /** Unix seconds, whole. */
  now_s(): number;
  /** Times a step. */
  timed<T>(step: "verify" | "decide" | "mint" | "record", work: () => T | Promise<T>): Promise<T>;
  /** Throws StsError `clock_unreliable` while issued credentials could end too late. */
  checkClock(): void;
  readonly verifier: Verifier;
  /** Counts an identity, by its rate key. Throws StsError `rate_limited`, `overloaded`. */
  admit(rate_key: string): void;
  /** What proofs of possession are bound to. */
  readonly public_url: string;
  readonly policy: Policy;
  /** What a policy on trial would decide, where that differs. Never throws. */
  trial(
    identity: Identity,
    narrowing: Narrowing,
    decision: Decision,
    now_s: number,
  ): Audited | undefined;
  /**
   * The account and who signs for it: with a scoped key that key alone, else never a scoped one.
   * Throws StsError `signer_unavailable` where there is no such key.
   */
  account(
    name: string,
    scoped_key?: string,
  ): { readonly public_key: string; readonly signer: Signer };
  /** Binds a caller's key to an identity beyond this time; false while it belongs to another. */
  claimUserKey(public_key: string, identity_digest: string, expires_at: number): boolean;
  /**
   * Takes a token that is good for one credential until the function that it returns is called.
   * Throws StsError `token_replayed`, `overloaded`.
   */
  claimToken(use: TokenUse | undefined, user_key: string | undefined): () => void;
  /** Resolves once the event is on disk. */
  record(event: JournalEvent): Promise<unknown>;
  /** Records without waiting, up to a limit. */
  note(event: JournalEvent): unknown;
}

/** token -> identity -> decision -> credential -> journal -> answer. Every door comes through here. */
export async function exchange(ask: Ask, world: World): Promise<Credential> {
  const entry: Entry = { ...ask.asked, token_sha256: sha256(ask.token) };
  let releaseToken = () => {};
  try {
    const now_s = world.now_s();
    const identity = await identified(ask, world, entry, now_s);
    const decision = await decided(identity, ask, world, entry, now_s);
    const audit = world.trial(identity, ask.narrowing, decision, now_s);
    if (audit) entry.audit = audit;
    if (!decision.allow) throw new StsError(decision.code, { ...decision.detail });
    const { grant } = decision;

    const { issuer, digest } = identity;
    const user_key = provenKey(ask.user_key, world.public_url, ask.token);
    if (user_key && !world.claimUserKey(user_key, digest, grant.expires_at)) {
      throw new StsError("user_key_in_use");
    }
    releaseToken = world.claimToken(identity.token_use, user_key);
    const account = world.account(grant.account, grant.scoped_key);
    const request_id = ask.asked.request_id;
    const to = {
      issuer,
      digest,
      policy: world.policy.digest,
      request_id,
      user_key,
      account,
      now_s,
    };
    const credential = await world.timed("mint", () => mint(grant, to));

    const event = { ...entry, ...issued(credential, user_key !== undefined, identity) };
    await world.timed("record", () => world.record(event));
    return credential; // No record, no credential.
  } catch (error) {
    throw await refuse(error, entry, world);
  } finally {
    releaseToken(); // Of a token that came to something, the journal knows by now.
  }
}

/** What an exchange would give, and to whom. */
export interface Explanation {
  readonly identity: Identity;
  /** Names of all its roles, by account. */
  readonly roles: Readonly<Record<string, readonly string[]>>;
  readonly decision: Decision;
}

/** token -> identity -> decision -> journal -> answer: the same steps as far as they give nothing. */
export async function explain(ask: Ask, world: World): Promise<Explanation> {
  const entry: Entry = { ...ask.asked, token_sha256: sha256(ask.token) };
  try {
    const now_s = world.now_s();
    const identity = await identified(ask, world, entry, now_s);
    const decision = await decided(identity, ask, world, entry, now_s);
    const event = { ...entry, ...explained(decision) };
    await world.timed("record", () => world.record(event));
    return { identity, roles: rolesOf(world.policy, identity), decision };
  } catch (error) {
    throw await refuse(error, entry, world);
  }
}

/** What somebody wants to do as an administrator. */
export interface Act {
  readonly token: string;
  readonly can: AdminRole["can"][number];
  /** What exactly, for the journal. */
  readonly wish: Readonly<Record<string, string>>;
  readonly asked: Asked;
}

/**
 * token -> identity -> right -> journal: with this every act of administration begins.
 *
 * @returns the accounts in which the act may be done
 */
export async function authorize(act: Act, world: World): Promise<readonly string[]> {
  const entry: Entry = { ...act.asked, token_sha256: sha256(act.token) };
  try {
    const identity = await identified(act, world, entry, world.now_s());
    entry.policy = world.policy.digest;
    const roles = adminOf(world.policy, identity).filter(({ can }) => can.includes(act.can));
    if (roles.length === 0) throw new StsError("admin_not_granted", { can: act.can });
    const accounts = [...new Set(roles.flatMap((role) => role.accounts))].sort();
    const { can, wish } = act;
    await world.record({ ...entry, type: "admin.allowed", can, accounts, wish });
    return accounts;
  } catch (error) {
    throw await refuse(error, entry, world);
  }
}

/** token -> identity, and whether it comes too often. */
async function identified(
  ask: Pick<Ask, "token" | "proof">,
  world: World,
  entry: Entry,
  now_s: number,
): Promise<Identity> {
  world.checkClock();
  const identity = await world.timed("verify", () =>
    verify(ask.token, world.verifier, now_s, ask.proof),
  );
  const { issuer, kind, subject, digest } = identity;
  entry.identity = { issuer, kind, subject, digest };
  world.admit(rateKey(identity));
  return identity;
}

/** identity -> decision. */
async function decided(
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

/** What is known of one request so far, for the journal. */
export type Entry = {
  -readonly [K in keyof Omit<Refused, "type" | "code" | "detail">]: Refused[K];
};

/**
 * The one path of every refusal, those before the line included. A verified identity hears of it
 * only once it is on disk; what anybody without a token can cause is noted, up to a limit.
 *
 * @returns what the caller is told
 */
export async function refuse(
  error: unknown,
  entry: Entry,
  world: Pick<World, "record" | "note">,
): Promise<StsError> {
  const refusal =
    error instanceof StsError ? error : new StsError("internal", {}, { cause: error });
  const { code, detail } = refusal;
  const event: Refused = { ...entry, type: "credential.refused", code, detail };
  if (!entry.identity || NOTED.includes(code)) {
    world.note(event);
    return refusal;
  }
  return world.record(event).then(
    () => refusal,
    (failed) =>
      failed instanceof StsError
        ? failed
        : new StsError("journal_unavailable", {}, { cause: failed }),
  );
}

/** What one caller can cause without end, or what says itself that nothing can be recorded. */
const NOTED: readonly ErrorCode[] = ["rate_limited", "journal_unavailable"];

function issued(
  credential: Credential,
  own_key: boolean,
  { token_use }: Identity,
): Omit<Issued, keyof Asked> {
  const { id, user_public_key, signing_key, grant, issued_at } = credential;
  const { account, roles, publish, subscribe, expires_at } = grant;
  const subject = { id, user_public_key, own_key, account, signing_key, roles, publish, subscribe };
  const times = { iat: issued_at, exp: expires_at };
  const besides = { ...detailsOf(grant), ...times, ...(token_use && { token_use }) };
  return { type: "credential.issued", ...subject, ...besides };
}

function explained(decision: Decision): Omit<Explained, keyof Asked> {
  const type = "decision.explained";
  if (!decision.allow) return { type, code: decision.code };
  const { account, roles } = decision.grant;
  return { type, account, roles };
}

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
