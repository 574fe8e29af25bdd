import { type Static, Type } from "typebox";
import { StsError } from "../errors.ts";
import type { UserKeyClaim } from "../keys/index.ts";
import type { Narrowing } from "../policy/index.ts";
import type { Fields } from "./form.ts";
import { ROLES_LIMIT, TTL_MINIMUM_S, userKeyIn } from "./request.ts";

/** RFC 8693 §2.1. */
export const TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange";

/** RFC 8693 §3. Which tokens are taken is for their issuer's preset to say; none takes ID tokens. */
const ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token";
const JWT = "urn:ietf:params:oauth:token-type:jwt";
const SUBJECT_TOKEN_TYPES = [ACCESS_TOKEN, JWT] as const;

/** What is issued, in URIs of our own: the space of `urn:ietf` is IANA's (RFC 8693 §3). */
export const credsType = (public_url: string) => `${public_url}/token-type/nats-creds`;
const userJwtType = (public_url: string) => `${public_url}/token-type/nats-user-jwt`;

/** The form of a token exchange (RFC 8693 §2.1), with extensions of ours. */
export const TokenForm = Type.Object(
  {
    grant_type: Type.Literal(TOKEN_EXCHANGE),
    subject_token: Type.String({
      minLength: 1,
      description: "The token of your identity provider.",
    }),
    subject_token_type: Type.Enum([...SUBJECT_TOKEN_TYPES], {
      type: "string",
      description: "Either: which tokens are taken is said by the configuration of their issuer.",
    }),
    requested_token_type: Type.Optional(
      Type.String({
        description:
          "`<public_url>/token-type/nats-creds`: a creds file, the default. With `user_public_key`, " +
          `\`<public_url>/token-type/nats-user-jwt\` or \`${JWT}\`: the JWT alone.`,
      }),
    ),
    audience: Type.Optional(
      Type.String({ description: "The name of the account, where your roles are in several." }),
    ),
    resource: Type.Optional(Type.String({ description: "The public URL of this service." })),
    scope: Type.Optional(
      Type.String({ description: "Only these roles: their names, a blank between two." }),
    ),
    user_public_key: Type.Optional(
      Type.String({ description: "Your own user nkey (`U...`): the answer then has no seed." }),
    ),
    user_key_proof: Type.Optional(
      Type.String({ description: "Your proof that you hold that key, as for `issueCredential`." }),
    ),
    ttl_s: Type.Optional(
      Type.String({
        pattern: "^([1-9][0-9]{0,8})?$",
        description: `Lifetime in seconds, if shorter: a whole number of at least ${TTL_MINIMUM_S}.`,
      }),
    ),
  },
  { description: "Each parameter at most once; an empty one is as good as none." },
);
export type TokenForm = Static<typeof TokenForm>;

const TARGETS = ["audience", "resource"];
/** Told apart from what is not known, which is ignored (RFC 6749 §3.2). */
const REFUSED = ["actor_token", "actor_token_type"];
const KNOWN = [...Object.keys(TokenForm.properties), ...REFUSED];

/**
 * The parameters that we know, each once. Empty ones are left out (RFC 6749 §3.2).
 *
 * @throws StsError `request_invalid` for a parameter that is repeated, `target_invalid` for a target
 */
export function parametersIn(fields: Fields): Readonly<Record<string, string>> {
  const repeated = [...fields].filter(([, values]) => values.length > 1).map(([name]) => name);
  if (repeated.some((name) => !TARGETS.includes(name)))
    throw new StsError("request_invalid", { reason: "a parameter is repeated" });
  // RFC 8693 §2.1 allows several; a credential is for one account of one service.
  if (repeated.length > 0) throw new StsError("target_invalid", { reason: "repeated" });
  const given = [...fields].flatMap(([name, [value = ""]]) =>
    KNOWN.includes(name) && value !== "" ? [[name, value]] : [],
  );
  return Object.fromEntries(given);
}

/** Refusals that have a code of their own, before the schema makes `request_invalid` of the rest. */
export function inspectForm(body: unknown): void {
  const form = body as Partial<Record<string, string>>; // made by parametersIn, or empty
  const { grant_type, subject_token, subject_token_type } = form;
  const absent = (name: string) => new StsError("request_invalid", { reason: `no ${name}` });
  if (grant_type === undefined) throw absent("grant_type");
  if (grant_type !== TOKEN_EXCHANGE) throw new StsError("grant_type_unsupported");
  if (REFUSED.some((name) => form[name] !== undefined))
    throw new StsError("request_invalid", { reason: "there are no actors here" });
  if (subject_token === undefined) throw new StsError("token_missing");
  if (subject_token_type === undefined) throw absent("subject_token_type");
  if (!SUBJECT_TOKEN_TYPES.some((type) => type === subject_token_type))
    throw new StsError("token_type_not_allowed", { reason: "subject_token_type" });
}

/** What a form asks for. */
export interface TokenRequest {
  readonly narrowing: Narrowing;
  readonly user_key: UserKeyClaim;
  /** The URI of what is to be issued. */
  readonly issued_token_type: string;
}

/**
 * Reads a form that fits its schema.
 *
 * @throws StsError `target_invalid`, `role_not_granted`, `request_invalid`
 */
export function readTokenForm(form: TokenForm, public_url: string): TokenRequest {
  const { audience, resource, scope, ttl_s, user_public_key, user_key_proof } = form;
  if (resource !== undefined && resource !== public_url)
    throw new StsError("target_invalid", { reason: "resource is not the public URL" });
  const user_key = userKeyIn({ user_public_key, user_key_proof });
  const own_key = user_public_key !== undefined;
  return {
    narrowing: {
      ...(audience !== undefined && { account: audience }),
      ...(scope !== undefined && { roles: rolesIn(scope) }),
      ...(ttl_s !== undefined && { ttl_s: lifetime(ttl_s) }),
    },
    user_key,
    issued_token_type: issuedType(form.requested_token_type, own_key, public_url),
  };
}

/** Words between single blanks (RFC 6749 §3.3). What is no word is no role either. */
function rolesIn(scope: string): readonly string[] {
  const words = scope.split(" ", ROLES_LIMIT + 1);
  if (words.length > ROLES_LIMIT)
    throw new StsError("role_not_granted", { reason: `more than ${ROLES_LIMIT}` });
  return words;
}

function lifetime(text: string): number {
  const ttl_s = Number(text); // digits, by the schema
  if (ttl_s < TTL_MINIMUM_S)
    throw new StsError("request_invalid", { reason: "ttl_s is too short" });
  return ttl_s;
}

/** A creds file holds the seed; the JWT alone is of use only to those who hold the seed themselves. */
function issuedType(requested: string | undefined, own_key: boolean, public_url: string): string {
  const [creds, user_jwt] = [credsType(public_url), userJwtType(public_url)];
  const wanted = requested === JWT ? user_jwt : (requested ?? (own_key ? user_jwt : creds));
  if (wanted === (own_key ? user_jwt : creds)) return wanted;
  throw new StsError("request_invalid", { reason: "requested_token_type" });
}
