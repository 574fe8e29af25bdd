import { type ErrorCode, StsError } from "../errors.ts";
import { checkScopes } from "./check-aim.ts";
import { CHECKS } from "./checks.ts";
import { type Claims, isObject } from "./claim.ts";
import { identityOf } from "./identify.ts";
import type { Identity } from "./identity.ts";
import type { Issuer } from "./issuer.ts";
import { introspected, opaqueIssuer } from "./opaque.ts";
import { objectIn, payloadOf, readUnverified } from "./shape.ts";
import { checkHeader, signedClaims } from "./signature.ts";
import { checkAll, identityIn, refusalBy, type Verifier } from "./verify.ts";
import { issuerOf, type Vouched, vouched, vouchedFor } from "./vouched.ts";

/** How one check came out; with a code, it failed. Without `done`, it could not be made. */
export interface Checked {
  readonly name: string;
  readonly done: boolean;
  readonly code?: ErrorCode;
  readonly detail?: Readonly<Record<string, unknown>>;
}

/** Everything that there is to say about a token, for the operator and nobody else. */
export interface Inspection {
  /** What verification itself says, with a proof where one is needed. */
  readonly verdict: Identity | StsError;
  /** The configured issuer that it names. */
  readonly issuer: Issuer | undefined;
  /** What the preset makes of it, whether that is good for anything or not. */
  readonly identity: Identity | undefined;
  /** Whether it is bound to a key, so that each use takes a proof of it (RFC 9449). */
  readonly needs_proof: boolean;
  readonly checks: readonly Checked[];
  /** As they stand in the token, proved or not; undefined where it is no JWT. */
  readonly header: Claims | undefined;
  /** The same, or else what the issuer says. */
  readonly claims: Claims | undefined;
}

/**
 * Looks at a token as verification does, but goes on after a fault. The keys are fetched. Of a token
 * that is bound to a key it is looked at what a good proof would come to. Never throws.
 */
export async function inspectToken(
  token: string,
  verifier: Verifier,
  now_s: number,
): Promise<Inspection> {
  const checks: Checked[] = [];
  const check: Make = async (name, work) => {
    const { value, ...checked } = await tried(work);
    checks.push({ name, ...checked });
    return value;
  };
  const { issuer, header, own, told } = await proof(token, verifier, check);
  const claims = own ?? told;
  const all =
    issuer && own && told
      ? await check("one subject", () => vouched(issuer, own, told))
      : issuer && claims && vouched(issuer, own, told);
  const jkt = all && thumbprintIn(all);
  const at = { now_s, skew_s: verifier.clock_skew_s, jkt };
  for (const each of CHECKS) await check(each.name, all && (() => checkAll(all, each, at)));
  const identity = await check("identity", all && (() => identityOf(all.claims, all.issuer)));
  const scopes = identity?.scopes;
  await check("required scopes", issuer && scopes && (() => checkScopes(scopes, issuer)));
  const verdict = await vouchedFor(token, verifier.issuers, verifier.token_limit_bytes)
    .then((proved) => identityIn(token, proved, at))
    .catch(refusalBy);
  return { verdict, issuer, identity, needs_proof: jkt !== undefined, checks, header, claims };
}

type Make = <T>(name: string, work: (() => T | Promise<T>) | undefined) => Promise<T | undefined>;

/** The key of which a proof would be wanted. */
function thumbprintIn({ checked }: Vouched): string | undefined {
  const [cnf] = checked.flatMap((said) => (isObject(said["cnf"]) ? [said["cnf"]] : []));
  return typeof cnf?.["jkt"] === "string" ? cnf["jkt"] : undefined;
}

/** What there is of a token, as far as it can be read, and whether anybody vouches for it. */
interface Read {
  readonly issuer?: Issuer | undefined;
  readonly header?: Claims | undefined;
  /** What it says itself. */
  readonly own?: Claims | undefined;
  /** What its issuer says. */
  readonly told?: Claims | undefined;
}

async function proof(
  token: string,
  { issuers, token_limit_bytes }: Verifier,
  check: Make,
): Promise<Read> {
  const ask = (issuer: Issuer) =>
    check("active, says the issuer", () => introspected(token, issuer));
  const { value: asked } = await tried(() => opaqueIssuer(token, issuers, token_limit_bytes));
  if (asked) return { issuer: asked, told: await ask(asked) };
  const read = await check("shape", () => readUnverified(token, token_limit_bytes));
  const issuer = await check("a configured issuer", read && (() => issuerOf(read, issuers)));
  await check("algorithm and typ", issuer && read && (() => checkHeader(read, issuer)));
  const [header, own] = read ? [headerOf(token), payloadOf(token)] : [];
  if (issuer?.validation !== "introspection")
    await check("signature", issuer && read && (() => signedClaims(token, read, issuer)));
  const told = issuer && issuer.validation !== "jwt" ? await ask(issuer) : undefined;
  return { issuer, header, own, told };
}

async function tried<T>(work: (() => T | Promise<T>) | undefined) {
  if (!work) return { done: false, value: undefined };
  try {
    return { done: true, value: await work() };
  } catch (error) {
    const { code, detail } = asStsError(error);
    return { done: true, value: undefined, code, detail };
  }
}

const asStsError = (error: unknown): StsError =>
  error instanceof StsError ? error : new StsError("internal", {}, { cause: error });

const headerOf = (token: string) =>
  objectIn(Buffer.from(token.split(".")[0] ?? "", "base64url"), "header");
