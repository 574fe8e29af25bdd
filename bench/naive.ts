import fastify from "fastify";
import { createRemoteJWKSet, jwtVerify } from "jose";
import { encodeUser, fmtCreds } from "nats-jwt";
import { createUser, fromPublic, fromSeed } from "nkeys.js";

/**
 * The same service as one would write it in an afternoon, out of the usual packages as they come:
 * no journal, no log, no limits, and a policy that is one object. It is what the bench compares with.
 */
const [issuer = "", audience = "", account = "", seed = ""] = process.argv.slice(2);
const keys = createRemoteJWKSet(new URL(`${issuer}/jwks`));
const signer = fromSeed(new TextEncoder().encode(seed));

const app = fastify();
app.post("/v1/credentials", async (request, reply) => {
  const token = request.headers.authorization?.replace(/^Bearer /, "") ?? "";
  const { payload } = await jwtVerify(token, keys, { issuer, audience });
  const scopes = String(payload["scope"]).split(" ");
  if (!scopes.includes("orders.read")) return reply.code(403).send({ error: "no rule matched" });
  const user = createUser();
  const expires_at = Math.floor(Date.now() / 1000) + 900;
  const permissions = {
    pub: { allow: ["orders.new", `orders.done.${payload["client_id"]}`], deny: [] },
    sub: { allow: ["orders.done.*"], deny: [] },
  };
  const options = { signer, exp: expires_at };
  const jwt = await encodeUser(
    String(payload.sub),
    user,
    fromPublic(account),
    permissions,
    options,
  );
  const creds = new TextDecoder().decode(fmtCreds(jwt, user));
  return { jwt, creds, user_public_key: user.getPublicKey(), expires_at };
});
console.log(`listening ${await app.listen({ host: "127.0.0.1", port: 0 })}`);
