/**
 * A tiny OpenID provider for deploy/compose.yaml: it gives an access token (RFC 9068) to whoever
 * knows the demo secret. For trying things out on one machine, and for nothing else.
 */
import { createHash, generateKeyPairSync, randomUUID, sign, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

const { ISSUER = "http://127.0.0.1:8899", LISTEN = "0.0.0.0:8899", SECRET = "demo" } = process.env;
const TTL_S = 300;
const BODY_LIMIT_BYTES = 4096;

const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const kid = randomUUID();
const jwks = { keys: [{ ...publicKey.export({ format: "jwk" }), kid, use: "sig", alg: "RS256" }] };

const discovery = {
  issuer: ISSUER,
  jwks_uri: `${ISSUER}/jwks`,
  token_endpoint: `${ISSUER}/token`,
  grant_types_supported: ["client_credentials"],
  response_types_supported: ["token"],
  subject_types_supported: ["public"],
  id_token_signing_alg_values_supported: ["RS256"],
};

const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

function accessToken(client_id, scope) {
  const iat = Math.floor(Date.now() / 1000);
  const claims = { iss: ISSUER, aud: "nats-sts", sub: client_id, client_id, scope };
  const signed = [
    part({ alg: "RS256", typ: "at+jwt", kid }),
    part({ ...claims, iat, exp: iat + TTL_S, jti: randomUUID() }),
  ].join(".");
  return `${signed}.${sign("sha256", Buffer.from(signed), privateKey).toString("base64url")}`;
}

const digest = (text) => createHash("sha256").update(text).digest();

function answerToken(form) {
  const [client, secret] = [form.get("client_id"), form.get("client_secret") ?? ""];
  if (form.get("grant_type") !== "client_credentials" || !client)
    return [400, { error: "invalid_request" }];
  if (!timingSafeEqual(digest(secret), digest(SECRET))) return [401, { error: "invalid_client" }];
  const scope = form.get("scope") ?? "orders.read";
  const access_token = accessToken(client, scope);
  return [200, { access_token, token_type: "Bearer", expires_in: TTL_S, scope }];
}

async function bodyOf(request) {
  let text = "";
  for await (const chunk of request) {
    text += chunk;
    if (text.length > BODY_LIMIT_BYTES) throw new Error("the body is too large");
  }
  return text;
}

const server = createServer({ requestTimeout: 5_000 }, async (request, response) => {
  const answer = ([status, body]) =>
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  const asked = `${request.method} ${request.url}`;
  if (asked === "GET /.well-known/openid-configuration") return answer([200, discovery]);
  if (asked === "GET /jwks") return answer([200, jwks]);
  if (asked !== "POST /token") return answer([404, { error: "not_found" }]);
  await bodyOf(request).then(
    (text) => answer(answerToken(new URLSearchParams(text))),
    () => answer([400, { error: "invalid_request" }]),
  );
});

const [host, port] = LISTEN.split(":");
server.listen(Number(port), host, () => console.log(`listening ${server.address().port}`));
for (const signal of ["SIGTERM", "SIGINT"]) process.once(signal, () => process.exit(0));
