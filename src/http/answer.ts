import { type Static, Type } from "typebox";
import type { Config } from "../config/index.ts";
import { type Credential, credsText } from "../credential/index.ts";

const Time = (description: string) => Type.Integer({ description: `${description} Unix seconds.` });

/** What a NATS client needs to know of its credential, at every door. */
export const MEMBERS = {
  jwt: Type.String({ description: "The NATS user JWT." }),
  seed: Type.Optional(
    Type.String({ description: "The seed of the user key, unless the key is your own." }),
  ),
  user_public_key: Type.String({ description: "Who connects with it (`U...`)." }),
  account: Type.String({ description: "The name of the account." }),
  account_public_key: Type.String({ description: "The account (`A...`)." }),
  roles: Type.Array(Type.String(), { description: "The roles that it has." }),
  publish: Type.Array(Type.String(), { description: "Exactly what the JWT allows." }),
  subscribe: Type.Array(Type.String(), {
    description: "Exactly what the JWT allows: subjects, or a subject, a blank and a queue group.",
  }),
  inbox_prefix: Type.String({ description: "Give it to your client as its inbox prefix." }),
  servers: Type.Array(Type.String(), { description: "Where to connect." }),
  issued_at: Time("When it was issued."),
  expires_at: Time("When the server ends its connections."),
  refresh_after: Time("When to ask for the next one; clients add jitter."),
  id: Type.String({ description: "The `jti` of the JWT; the journal has it too." }),
};

/** The JSON answer of `POST /v1/credentials`. */
export const Answer = Type.Object(MEMBERS, {
  $id: "Credential",
  title: "Credential",
  description: "A NATS user credential and what goes with it.",
});
export type Answer = Static<typeof Answer>;

/** Which part of a credential's life should pass before it is renewed. Clients add jitter. */
const REFRESH_AFTER = 0.75;

/** A credential as the caller reads it. */
export function answerOf(credential: Credential, config: Config): Answer {
  const { jwt, seed, user_public_key, account_public_key, issued_at, id, grant } = credential;
  const { account, roles, publish, subscribe, inbox_prefix, expires_at } = grant;
  return {
    jwt,
    ...(seed !== undefined && { seed }),
    user_public_key,
    account,
    account_public_key,
    roles: [...roles],
    publish: [...publish],
    subscribe: [...subscribe],
    inbox_prefix,
    servers: [...(config.accounts.find(({ name }) => name === account)?.servers ?? [])],
    issued_at,
    expires_at,
    refresh_after: issued_at + Math.floor((expires_at - issued_at) * REFRESH_AFTER),
    id,
  };
}

/** A credential as a creds file. Only for one whose seed is here. */
export function credsOf({ jwt, seed = "", grant }: Credential): string {
  return credsText(jwt, seed, grant.inbox_prefix, grant.expires_at);
}
