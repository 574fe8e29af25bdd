import { type ErrorCode, StsError } from "../errors.ts";
import { checkScopes } from "./check-aim.ts";
import { CHECKS } from "./checks.ts";
import type { Claims } from "./claim.ts";
import { identityOf } from "./identify.ts";
import type { Identity } from "./identity.ts";
import type { Issuer } from "./issuer.ts";
import { introspected, opaqueIssuer } from "./opaque.ts";
import { objectIn, readUnverified } from "./shape.ts";
import { checkHeader, signedClaims } from "./signature.ts";
import { issuerOf, type Verifier, verify } from "./verify.ts";

/** How one check came out; with a code, it failed. Without `done`, it could not be made. */
export interface Checked {
  readonly name: string;
  readonly done: boolean;
  readonly code?: ErrorCode;
  readonly detail?: Readonly<Record<string, unknown>>;
}

/** Everything that there is to say about a token, for the operator and nobody else. */
export interface Inspection {
  /** What verification itself says. */
  readonly verdict: Identity | StsError;
  /** The configured issuer that it names. */
  readonly issuer: Issuer | undefined;
  readonly checks: readonly Checked[];
  /** As they stand in the token, proved or not; undefined where it is no JWT. */
  readonly header: Claims | undefined;
  /** The same, or else what the issuer says. */
  readonly claims: Claims | undefined;
}

/** Looks at a token as verification does, but goes on after a fault. The keys are fetched. Never throws. */
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
  const { issuer, header, claims } = await proof(token, verifier, check);
  const at = { now_s, skew_s: verifier.clock_skew_s };
  for (const each of CHECKS)
    await check(each.name, issuer && claims && (() => each.check(claims, issuer, at)));
  const identity = await check("identity", issuer && claims && (() => identityOf(claims, issuer)));
  const scopes = identity?.scopes;
  await check("required scopes", issuer && scopes && (() => checkScopes(scopes, issuer)));
  const verdict = await verify(token, verifier, now_s).catch(asStsError);
  return { verdict, issuer, checks, header, claims };
}

type Make = <T>(name: string, work: (() => T | Promise<T>) | undefined) => Promise<T | undefined>;

/** Whom the token is of, who vouches for it, and what it says, as far as that can be read. */
async function proof(token: string, { issuers, token_limit_bytes }: Verifier, check: Make) {
  const { value: asked } = await tried(() => opaqueIssuer(token, issuers, token_limit_bytes));
  if (asked) {
    const claims = await check("active, says the issuer", () => introspected(token, asked));
    return { issuer: asked, header: undefined, claims };
  }
  const read = await check("shape", () => readUnverified(token, token_limit_bytes));
  const issuer = await check("a configured issuer", read && (() => issuerOf(read, issuers)));
  await check("algorithm and typ", issuer && read && (() => checkHeader(read, issuer)));
  const [header, claims] = read ? [partOf(token, 0), partOf(token, 1)] : [];
  if (issuer?.validation === "introspection") {
    const told = await check("active, says the issuer", () => introspected(token, issuer));
    return { issuer, header, claims: told ?? claims };
  }
  await check("signature", issuer && read && (() => signedClaims(token, read, issuer)));
  return { issuer, header, claims };
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

const partOf = (token: string, part: 0 | 1) =>
  objectIn(Buffer.from(token.split(".")[part] ?? "", "base64url"), part ? "payload" : "header");
