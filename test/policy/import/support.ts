import { randomBytes } from "node:crypto";
import { type UserClaims, userClaims } from "../../../src/credential/index.ts";
import type { Permissions, Rights } from "../../../src/policy/import/rights.ts";
import {
  decide,
  type Grant,
  type Imported,
  identityFor,
  importUsers,
  issuerNamed,
  type OldAccount,
  type OldJwt,
  type OldWorld,
  openPolicy,
} from "../../../src/policy/index.ts";
import { fc } from "../../support/fc.ts";

export const NOW_S = 1_800_000_000;
export const ACCOUNT_KEY = `A${"B".repeat(55)}`;
export const SCOPED_KEY = `A${"C".repeat(55)}`;
export const UNLIMITED = { subs: -1, data: -1, payload: -1 };

const digest = () => randomBytes(32).toString("hex");

/** A user JWT of the account that says this. */
export function oldUser(
  rights: Rights & { readonly tags?: string[]; readonly version?: number },
  changes: Readonly<Record<string, unknown>> = {},
): OldJwt {
  const nats = { ...UNLIMITED, issuer_account: ACCOUNT_KEY, type: "user", version: 2, ...rights };
  const claims = { sub: `U${"D".repeat(55)}`, iss: ACCOUNT_KEY, name: "old", iat: NOW_S - 1000 };
  const { signature_fits = true, ...more } = changes;
  return {
    claims: { ...claims, nats, ...more },
    digest: digest(),
    signature_fits: signature_fits === true,
    where: "ORDERS/old",
  };
}

/** The account of those users, and the time. */
export function oldWorld(
  nats: Readonly<Record<string, unknown>> = {},
  changes: Partial<OldWorld> = {},
): OldWorld {
  const claims = { sub: ACCOUNT_KEY, name: "ORDERS", nats: { ...nats, type: "account" } };
  const jwt = { claims, digest: digest(), signature_fits: true, where: "ORDERS" };
  const account: OldAccount = { jwt, is_system: false };
  return { accounts: new Map([[ACCOUNT_KEY, account]]), now_s: NOW_S, ...changes };
}

/** What is imported of one user. */
export const imported = (jwt: OldJwt, world: OldWorld = oldWorld()): Imported =>
  importUsers([jwt], world, "idp");

/** What the holder of each imported role gets, found by its rule. */
export function grantsOf({ policy, roles }: Imported): Grant[] {
  const { policy: loaded } = openPolicy([{ path: "policy.yaml", bytes: Buffer.from(policy) }]);
  return roles.map(({ placeholder }) => {
    const who = identityFor({ sub: placeholder }, "idp", [issuerNamed("idp")]);
    if (!("identity" in who)) throw new Error(who.why);
    const decision = decide(loaded, who.identity, {}, who.now_s);
    if (!decision.allow) throw new Error(decision.code);
    return decision.grant;
  });
}

/** The claims of a JWT with a grant, as the service mints it. */
export const mintedClaims = (grant: Grant): UserClaims["nats"] & Permissions =>
  userClaims(grant, {
    name: "new",
    user_public_key: `U${"D".repeat(55)}`,
    account_public_key: ACCOUNT_KEY,
    signing_key: ACCOUNT_KEY,
    issued_at: NOW_S,
    tags: [],
  }).nats as UserClaims["nats"] & Permissions; // the same members, of which ours are readonly

/** Subjects in which permissions differ; `_INBOX.own` stands for an inbox of somebody else. */
export const LITERALS = [
  ...["a", "b", "a.a", "a.b", "b.a", "b.b", "a.b.a", "a.b.b", "b.a.a"],
  ...["a*b", "a.a*b", "{a}.b", "_INBOX.x", "_INBOX.own.x", "_INBOX.x.y", "$JS.API.x", "$SYS.a"],
];
export const PATTERNS = [...LITERALS, "a.*", "a.>", "*", ">", "*.b", "a.*.a", "a.b.*", "_INBOX.>"];
export const QUEUES = ["", "q", "r"];

const token = fc.constantFrom("a", "b", "a", "b", "*");
const ordinary = fc
  .tuple(fc.array(token, { minLength: 1, maxLength: 3 }), fc.boolean())
  .map(([tokens, rest]) => [...tokens, ...(rest ? [">"] : [])].join("."));
const inbox = fc.constantFrom("_INBOX.>", "_INBOX.own.>", "_INBOX.*", "_INBOX.*.>");
const odd = fc.constantFrom("a*b", "a.a*b", "{a}.b", "a.>.b", ">", "$JS.API.>", "$SYS.>", "*.*");
const subject = fc.oneof({ weight: 8, arbitrary: ordinary }, inbox, odd);
const queued = fc
  .tuple(subject, fc.constantFrom("", "", "", "", " q", " >"))
  .map(([text, queue]) => text + queue);

const listOf = (one: fc.Arbitrary<string>) =>
  fc.record(
    { allow: fc.array(one, { maxLength: 4 }), deny: fc.array(one, { maxLength: 2 }) },
    { requiredKeys: [] },
  );

/** Permissions as people write them, and as nobody should. */
export const permissions: fc.Arbitrary<Permissions> = fc.record(
  {
    pub: listOf(subject),
    sub: listOf(queued),
    resp: fc.record({
      max: fc.integer({ min: -1, max: 5 }),
      ttl: fc.constantFrom(0, -1, 5e8, 5e9),
    }),
  },
  { requiredKeys: [] },
);
