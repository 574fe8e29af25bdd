import type { Credential } from "../credential/index.ts";
import type { Identity } from "../identity/index.ts";
import type { Asked, Explained, Issued } from "../journal/index.ts";
import { type Decision, detailsOf } from "../policy/index.ts";

/** What the journal keeps of a credential, beside who asked. */
export function issued(
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

/** What the journal keeps of a decision that gave nothing because nothing was asked. */
export function explained(decision: Decision): Omit<Explained, keyof Asked> {
  const type = "decision.explained";
  if (!decision.allow) return { type, code: decision.code };
  const { account, roles } = decision.grant;
  return { type, account, roles };
}
