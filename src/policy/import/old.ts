import { expandTemplate } from "./expand.ts";
import {
  AccountClaims,
  claimsOf,
  type Permissions,
  type Refusal,
  type Rights,
  type Scope,
  saysNothing,
  UserClaims,
} from "./rights.ts";

/** A NATS JWT that somebody has read, with whether the key that it names has signed it. */
export interface OldJwt {
  readonly claims: Readonly<Record<string, unknown>>;
  /** SHA-256 hex of the text. */
  readonly digest: string;
  readonly signature_fits: boolean;
  /** Where it was found, for people. */
  readonly where: string;
}

/** An account, and how it is called. */
export interface OldAccount {
  readonly jwt: OldJwt;
  readonly is_system: boolean;
}

/** What is known of the surroundings of the users. */
export interface OldWorld {
  /** By public key; those that are not there have users of which only the JWT is known. */
  readonly accounts: ReadonlyMap<string, OldAccount>;
  /** The names of accounts by their public key as the configuration has them, if there is one. */
  readonly configured?: ReadonlyMap<string, string>;
  /** The time zone of the servers, for those whose times of day name none. */
  readonly location?: string;
  /** Unix seconds. */
  readonly now_s: number;
}

/** A user that can connect today, and what it may do. */
export interface OldUser {
  readonly name: string;
  readonly public_key: string;
  readonly digest: string;
  /** As a policy calls it. */
  readonly account: string;
  readonly rights: Rights;
  /** Where the permissions come from: its own JWT, the defaults of its account, or its signing key. */
  readonly from: "jwt" | "defaults" | "template";
  readonly tags: readonly string[];
}

/** Reads a user as nats-server would on connecting: whoever it lets in today, with which rights. */
export function readUser(jwt: OldJwt, world: OldWorld): OldUser | Refusal {
  const claims = claimsOf(UserClaims, jwt.claims);
  if (!claims) return no("its JWT says something that is not known here, which may restrict it");
  if (!jwt.signature_fits) return no("its JWT is not signed by the key that it names");
  const account_key = claims.nats.issuer_account ?? claims.iss;
  const account = accountOf(account_key, world);
  if ("refused" in account) return account;
  const standing = account.claims && standingOf(claims, account.claims, world.now_s);
  if (standing) return standing;
  if (claims.exp !== undefined && claims.exp < world.now_s) return no("its JWT has expired");

  const given = rightsOf(claims, account.claims);
  if ("refused" in given) return given;
  if (given.rights.proxy_required)
    return no("it connects through a trusted proxy only, which no policy can ask for");
  return {
    ...given,
    name: claims.name || jwt.where,
    public_key: claims.sub,
    digest: jwt.digest,
    account: account.name,
    tags: claims.nats.tags ?? [],
  };
}

const no = (refused: string): Refusal => ({ refused });

function accountOf(key: string, { accounts, configured }: OldWorld) {
  const known = accounts.get(key);
  if (known?.is_system)
    return no("it is in the system account, in which nobody should get credentials");
  const claims = known && claimsOf(AccountClaims, known.jwt.claims);
  if (known && !claims)
    return no(
      "the JWT of its account says something that is not known here, which may restrict it",
    );
  // Without a configuration its name can be put right later; a key at least is no other account.
  const name = configured ? configured.get(key) : (claims?.name ?? key);
  if (name === undefined) return no(`the configuration has no account with the public key ${key}`);
  return { name, claims };
}

/** Why an account lets nobody in with this JWT; undefined if it does. */
function standingOf(
  { iss, sub, iat }: UserClaims,
  { sub: account, exp, nats }: AccountClaims,
  now_s: number,
): Refusal | undefined {
  if (exp !== undefined && exp < now_s) return no("the JWT of its account has expired");
  const keys = (nats.signing_keys ?? []).map((key) => (typeof key === "string" ? key : key.key));
  if (iss !== account && !keys.includes(iss))
    return no("its JWT is signed by a key that its account does not list any more");
  const revoked = [nats.revocations?.[sub], nats.revocations?.["*"]];
  if (revoked.some((at) => at !== undefined && iat <= at)) return no("its JWT has been revoked");
  return undefined;
}

function rightsOf(
  claims: UserClaims,
  account: AccountClaims | undefined,
): Pick<OldUser, "rights" | "from"> | Refusal {
  const { issuer_account: _, tags: __, type: ___, version: ____, ...own } = claims.nats;
  const scope = scopeOf(claims.iss, account);
  if (scope) return scopedRights(scope, own, claims, account);
  if (!saysNothing(own)) return { rights: own, from: "jwt" };
  if (!account)
    return no(
      "its JWT says nothing of subjects, so that it may do what its account says, which is not known here: name the store with --from-nsc, too",
    );
  return withDefaults(own, account, "jwt");
}

/** Where nothing is said of subjects, the defaults of the account hold; without any, everything. */
function withDefaults(
  rights: Rights,
  { nats }: AccountClaims,
  from: OldUser["from"],
): Pick<OldUser, "rights" | "from"> {
  const defaults: Permissions = nats.default_permissions ?? {};
  return saysNothing(rights) && !saysNothing(defaults)
    ? { rights: { ...rights, ...defaults }, from: "defaults" }
    : { rights, from };
}

const scopeOf = (key: string, account: AccountClaims | undefined): Scope | undefined =>
  account?.nats.signing_keys?.find(
    (each): each is Scope => typeof each !== "string" && each.key === key,
  );

function scopedRights(
  { template = {} }: Scope,
  own: Rights,
  { name = "", sub, nats }: UserClaims,
  account: AccountClaims | undefined,
): Pick<OldUser, "rights" | "from"> | Refusal {
  if (!account || !isUnsaid(own))
    return no(
      "its signing key is a scoped one, but its JWT says something itself: servers refuse it",
    );
  const rights = expandTemplate(template, {
    name,
    subject: sub,
    account_name: account.name ?? "",
    account_subject: account.sub,
    tags: nats.tags ?? [],
    account_tags: account.nats.tags ?? [],
  });
  return "refused" in rights ? rights : withDefaults(rights, account, "template");
}

/** Limits of zero are what an absent one means, and so are empty lists. */
const isUnsaid = (own: Rights): boolean =>
  Object.values(own).every(
    (value) => !value || (typeof value === "object" && Object.values(value).flat().length === 0),
  );
