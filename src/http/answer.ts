import { type Static, Type } from "typebox";
import type { Config } from "../config/index.ts";
import { type Credential, credsText } from "../credential/index.ts";
import { detailsOf } from "../policy/index.ts";

const Time = (description: string) => Type.Integer({ description: `${description} Unix seconds.` });

const Texts = (description: string) => Type.Optional(Type.Array(Type.String(), { description }));
const Count = Type.Optional(Type.Integer());

/** What a credential permits besides its subjects; absent where that is nothing. */
const DETAILS = {
  deny_publish: Texts("Denied although `publish` covers it."),
  deny_subscribe: Texts("Denied although `subscribe` covers it."),
  responses: Type.Optional(
    Type.Object(
      { max: Type.Integer(), ttl_s: Type.Integer() },
      { description: "May answer so often, and so long after, to whatever a request names." },
    ),
  ),
  connection_types: Texts("How it may connect. Absent: `STANDARD` and `WEBSOCKET`."),
  source_networks: Texts("From where it may connect (CIDR). Absent: from anywhere."),
  times: Type.Optional(
    Type.Object(
      {
        location: Type.String(),
        ranges: Type.Array(Type.Object({ start: Type.String(), end: Type.String() })),
      },
      { description: "At which times of day it may be connected." },
    ),
  ),
  limits: Type.Optional(
    Type.Object(
      { subscriptions: Count, payload_bytes: Count, data_bytes: Count },
      { description: "Absent: without limit." },
    ),
  ),
  tags: Texts("Besides those that every credential has."),
  bearer: Type.Optional(
    Type.Literal(true, { description: "Whoever has the JWT can use it, without the seed (MQTT)." }),
  ),
  scoped_key: Type.Optional(
    Type.String({
      description:
        "The scoped signing key (`A...`) that says what is allowed; the JWT says nothing.",
    }),
  ),
};

/** What a credential permits, and how long. */
export const GRANTED = {
  account: Type.String({ description: "The name of the account." }),
  roles: Type.Array(Type.String(), { description: "The roles that it has." }),
  publish: Type.Array(Type.String(), {
    description: "Exactly what the JWT allows. With `scoped_key`, that key says what is allowed.",
  }),
  subscribe: Type.Array(Type.String(), {
    description: "Exactly what the JWT allows: subjects, or a subject, a blank and a queue group.",
  }),
  ...DETAILS,
  inbox_prefix: Type.String({ description: "Give it to your client as its inbox prefix." }),
  expires_at: Time("When the server ends its connections."),
};

/** What a NATS client needs to know of its credential, at every door. */
export const MEMBERS = {
  jwt: Type.String({ description: "The NATS user JWT." }),
  seed: Type.Optional(
    Type.String({ description: "The seed of the user key, unless the key is your own." }),
  ),
  user_public_key: Type.String({ description: "Who connects with it (`U...`)." }),
  ...GRANTED,
  account_public_key: Type.String({ description: "The account (`A...`)." }),
  servers: Type.Array(Type.String(), { description: "Where to connect." }),
  issued_at: Time("When it was issued."),
  refresh_after: Time("When to ask for the next one; clients add jitter."),
  id: Type.String({ description: "The `jti` of the JWT; the journal has it too." }),
};

/** The JSON answer of `POST /v1/credentials`. */
export const Answer = Type.Object(MEMBERS, {
  $id: "Credential",
  title: "Credential",
  description: "A NATS user credential and what goes with it.",
});

/** As a schema describes it, and not to be changed. */
export type Told<T> = T extends readonly (infer Item)[]
  ? readonly Told<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: Told<T[Key]> }
    : T;

/** Which part of a credential's life should pass before it is renewed. Clients add jitter. */
const REFRESH_AFTER = 0.75;

/** A credential as the caller reads it. */
export function answerOf(credential: Credential, config: Config): Told<Static<typeof Answer>> {
  const { jwt, seed, user_public_key, account_public_key, issued_at, id, grant } = credential;
  const { account, roles, publish, subscribe, inbox_prefix, expires_at } = grant;
  return {
    jwt,
    ...(seed !== undefined && { seed }),
    user_public_key,
    account,
    account_public_key,
    roles,
    publish,
    subscribe,
    ...detailsOf(grant),
    inbox_prefix,
    servers: config.accounts.find(({ name }) => name === account)?.servers ?? [],
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
