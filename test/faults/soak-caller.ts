import { once } from "node:events";
import { type Agent, Agent as HttpAgent, request } from "node:http";
import { createUser } from "@nats-io/nkeys";
import { proofText } from "../../src/keys/user-key.ts";
import type { Provider } from "../support/provider.ts";
import type { Service } from "../support/service.ts";

/** What a caller sends next. */
const KINDS = ["issued", "own key", "expired", "no rule", "malformed", "bad signature"] as const;
type Kind = (typeof KINDS)[number];

/** What each is answered with, where that is not a credential. */
const CODES: Partial<Record<Kind, string>> = {
  expired: "token_expired",
  "no rule": "no_rule_matched",
  malformed: "token_malformed",
  "bad signature": "token_signature_invalid",
};

const IDENTITIES = 5_000;
/** A token is used so many times, and a connection. */
const TOKEN_USES = 10;
const CONNECTION_USES = 40;
/** A minute and more by the real clock, so that none ends while it is used. */
const TTL_S = 3600;
/** Out of ten requests, so many are for a credential. */
const GOOD_OF_TEN = 7;

/** Sends one request after the other, each in the place of another identity now and then. */
export function caller(service: Service, provider: Provider, now_s: () => number) {
  let agent: Agent = new HttpAgent({ keepAlive: true, maxSockets: 1 });
  let token = "";
  let sent = 0;

  const forged = (payload: object, age_s = 0) => {
    const iat = now_s() - age_s;
    const sub = `worker-${Math.floor(Math.random() * IDENTITIES)}`;
    return provider.forge({ payload: { sub, iat, exp: iat + TTL_S, ...payload } });
  };

  async function tokenFor(kind: Kind): Promise<string> {
    if (kind === "expired") return forged({}, 2 * TTL_S);
    if (kind === "no rule") return forged({ client_id: "stranger" });
    if (kind === "malformed") return `x${sent}.y.z`;
    if (sent % TOKEN_USES === 1) token = await forged({});
    return kind === "bad signature" ? token.slice(0, -8) + "A".repeat(8) : token;
  }

  function bodyFor(kind: Kind, used: string): string {
    if (kind !== "own key") return "{}";
    const user = createUser();
    const text = Buffer.from(proofText(service.public_url, used));
    const user_key_proof = Buffer.from(user.sign(text)).toString("base64url");
    return JSON.stringify({ user_public_key: user.getPublicKey(), user_key_proof });
  }

  return {
    /** Resolves with the id of a credential, or undefined for a refusal that had to be. */
    async ask(): Promise<string | undefined> {
      sent += 1;
      if (sent % CONNECTION_USES === 0) {
        agent.destroy();
        agent = new HttpAgent({ keepAlive: true, maxSockets: 1 });
      }
      const kind = kindOf(sent);
      const used = await tokenFor(kind);
      const { status, body } = await post(service, agent, used, bodyFor(kind, used));
      const outcome = status === 200 ? undefined : body.code;
      if (outcome !== CODES[kind]) throw new Error(`${kind}: ${status} ${JSON.stringify(body)}`);
      return body.id;
    },
    close: () => agent.destroy(),
  };
}

/** In turn, so that each comes up as often as it should. */
function kindOf(sent: number): Kind {
  if (sent % 10 < GOOD_OF_TEN) return sent % 10 === 2 ? "own key" : "issued";
  return KINDS[2 + (Math.floor(sent / 10) % (KINDS.length - 2))] ?? "issued";
}

async function post(service: Service, agent: Agent, token: string, body: string) {
  const call = request(`${service.url}/v1/credentials`, {
    method: "POST",
    agent,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
  });
  call.end(body);
  const [response] = await once(call, "response");
  let text = "";
  for await (const chunk of response) text += chunk;
  return { status: response.statusCode as number, body: JSON.parse(text) };
}
