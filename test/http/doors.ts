import { pino } from "pino";
import { parseConfig } from "../../src/config/index.ts";
import type { StsError } from "../../src/errors.ts";
import { httpDoor, listenerAt } from "../../src/http/index.ts";
import type { Answer, Service } from "../support/service.ts";

/** What can be asked for at both doors. */
export interface Wishes {
  readonly account?: string;
  readonly roles?: readonly string[];
  readonly ttl_s?: number;
  readonly user_public_key?: string;
  readonly user_key_proof?: string;
}

/** A way in over HTTP, so that one test can go through both. */
export interface Door {
  readonly path: "/v1/credentials" | "/oauth2/token";
  ask(token: string, wishes?: Wishes, headers?: Record<string, string>): Promise<Answer>;
}

export const FORM = "application/x-www-form-urlencoded";
export const TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange";
export const TYPES = "urn:ietf:params:oauth:token-type:";

type Parameters = Readonly<Record<string, string | undefined>>;

/** The parameters of an exchange; `undefined` takes a default away. */
export const exchangeOf = (token: string, more: Parameters = {}): Parameters => ({
  grant_type: TOKEN_EXCHANGE,
  subject_token: token,
  subject_token_type: `${TYPES}access_token`,
  ...more,
});

/** A form, encoded as browsers and OAuth clients do. */
export const encoded = (parameters: Parameters): string =>
  new URLSearchParams(
    Object.entries(parameters).filter((pair): pair is [string, string] => pair[1] !== undefined),
  ).toString();

/** `POST /oauth2/token` with this body, as it stands. */
export const postForm = (
  service: Service,
  body: string | Buffer,
  headers: Record<string, string> = {},
): Promise<Answer> =>
  service.request("/oauth2/token", {
    method: "POST",
    headers: { "content-type": FORM, ...headers },
    body,
  });

/** Both doors of a service. */
export function doorsOf(service: Service): { readonly v1: Door; readonly oauth: Door } {
  return {
    v1: { path: "/v1/credentials", ask: service.ask },
    oauth: {
      path: "/oauth2/token",
      ask(token, wishes = {}, headers = {}) {
        const { account, roles, ttl_s, ...key } = wishes;
        const more = {
          audience: account,
          scope: roles?.join(" "),
          ttl_s: ttl_s === undefined ? undefined : String(ttl_s),
          ...key,
        };
        return postForm(service, encoded(exchangeOf(token, more)), headers);
      },
    },
  };
}

const CONFIG = `{issuers: [{name: a, url: "https://a.test", preset: generic, audience: a}],
  policy: p, journal: stdout, accounts: [{name: A, public_key: A${"A".repeat(55)}, signing_keys: [{file: k}]}]}`;

/** The HTTP door alone before a line that fails: what cannot be caused from outside at will. */
export async function behindFails(
  path: Door["path"],
  error: unknown,
  stopping = false,
): Promise<Answer> {
  const { config } = parseConfig(CONFIG, "/c.yaml");
  const door = await httpDoor(
    {
      config,
      current: () => config,
      admit: () => {},
      proofNonce: () => undefined,
      hasRoom: () => true,
      exchange: async () => Promise.reject(error),
      explain: async () => Promise.reject(error),
      refuse: async (refused) => refused as StsError,
      ready: async () => [],
      leaving: () => false,
      stopping: () => stopping,
    },
    pino({ level: "silent" }),
    listenerAt({ address: config.listen, limits: config.limits, silence_s: 30 }),
  );
  const oauth = path === "/oauth2/token";
  const { statusCode, headers, body, json } = await door.inject({
    method: "POST",
    url: path,
    headers: oauth ? { "content-type": FORM } : { authorization: "Bearer a.b.c" },
    ...(oauth && { payload: encoded(exchangeOf("a.b.c")) }),
  });
  const list = Object.entries(headers).map(
    ([name, value]) => [name, String(value)] as [string, string],
  );
  return { status: statusCode, headers: new Headers(list), text: body, json: json() };
}
