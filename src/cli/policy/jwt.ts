import { jwtBytes, type UserClaims, userClaims } from "../../credential/index.ts";
import type { Grant } from "../../policy/index.ts";
import type { Opened } from "./load.ts";

/** For whom a JWT is made up. */
interface Whom {
  readonly issuer: string;
  readonly digest: string;
  readonly now_s: number;
}

/** A UUID. */
const REQUEST_ID_CHARACTERS = 36;
const PUBLIC_KEY_CHARACTERS = 56;

const standIn = (first: string, length: number) => first.padEnd(length, "-");

/** The claims of the JWT for a grant, with stand-ins of the right length for what is only known later. */
export function jwtFor(grant: Grant, { issuer, digest, now_s }: Whom, opened: Opened): UserClaims {
  const identity = digest.slice(0, 16);
  const account = opened.accounts.find(({ name }) => name === grant.account);
  return userClaims(grant, {
    name: `${issuer}:${identity}`,
    user_public_key: standIn("U", PUBLIC_KEY_CHARACTERS),
    account_public_key: account?.public_key ?? standIn("A", PUBLIC_KEY_CHARACTERS),
    signing_key: grant.scoped_key ?? standIn("A", PUBLIC_KEY_CHARACTERS),
    issued_at: now_s,
    tags: [
      `identity:${identity}`,
      `policy:${opened.open.policy.digest.slice(0, 16)}`,
      `request:${standIn("-", REQUEST_ID_CHARACTERS)}`,
    ],
  });
}

/** Measures the JWT of a grant for anybody of the issuer with the longest name. */
export function jwtBytesOf(opened: Opened): (grant: Grant) => number {
  const longest = opened.issuers.reduce((a, { name }) => (name.length > a.length ? name : a), "");
  const whom = { issuer: longest, digest: "0".repeat(64), now_s: 1_900_000_000 };
  return (grant) => jwtBytes(jwtFor(grant, whom, opened));
}
