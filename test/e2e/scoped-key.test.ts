import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, test } from "node:test";
import { decode } from "@nats-io/jwt";
import { createAccount } from "@nats-io/nkeys";
import type { UserClaims } from "../../src/credential/index.ts";
import { startNats } from "../support/nats.ts";
import { connectWith, violations } from "../support/nats-client.ts";
import { startProvider } from "../support/provider.ts";
import { makeDir, startService } from "../support/service.ts";

const scope = { after };
const [nats, provider] = await Promise.all([
  startNats(scope, { resolver: "full" }), // the other forgets what is pushed before anybody has connected
  startProvider(scope, { clients: [{ id: "blue" }, { id: "plain" }] }),
]);
const { ORDERS } = nats.accounts;
const scoped = createAccount();
const KEY = scoped.getPublicKey();

/** What the owner of the account lets the key sign: subjects of a team, and the inbox of each identity. */
const template = {
  pub: { allow: ["team.{{tag(team)}}.>"] },
  sub: { allow: ["team.{{tag(team)}}.>", "_INBOX.{{tag(inbox)}}.>"] },
  ...{ subs: -1, data: -1, payload: -1 },
};
const listed = [ORDERS.signing_public_key, { kind: "user_scope", key: KEY, role: "t", template }];
// `as`: the library types scopes more narrowly than nats-server reads them.
await nats.pushAccount("ORDERS", { signing_keys: listed as never });

const POLICY = `version: 1
roles:
  team: { account: ORDERS, scoped_key: ${KEY}, tags: ["team:{client_id}"] }
  plain: { account: ORDERS, publish: [plain] }
rules:
  - { name: teams, issuer: corp, client: blue, roles: [team] }
  - { name: others, issuer: corp, client: plain, roles: [plain] }
`;

const file = join(await makeDir(scope), "scoped.nk");
await writeFile(file, scoped.getSeed(), { mode: 0o600 });
const service = await startService(scope, {
  provider,
  policy: POLICY,
  accounts: [ORDERS],
  config: {
    servers: [nats.url],
    accounts: [
      {
        ...{ name: "ORDERS", public_key: ORDERS.public_key },
        // The scoped one stands first: it must sign for its role alone all the same.
        signing_keys: [{ file, scoped: true }, { file: ORDERS.signing_key_file }],
      },
    ],
  },
});

test("a role that names a scoped key gets what the account's owner put into its template", async (t) => {
  const { status, json, text } = await service.ask(await provider.token({ client: "blue" }));
  assert.equal(status, 200, text);
  const { iss, nats: said } = decode<UserClaims["nats"]>(json.jwt);
  assert.equal(iss, KEY);
  assert.deepEqual(Object.keys(said), ["issuer_account", "tags", "type", "version"]);
  const event = (await service.journal()).find((each) => "id" in each && each.id === json.id);
  for (const told of [json, event])
    assert.deepEqual([told.scoped_key, told.publish, told.subscribe], [KEY, [], []]);
  const nc = await connectWith(t, nats.url, json, { inboxPrefix: json.inbox_prefix });
  const refused = violations(nc);
  nc.subscribe("team.blue.x", { callback: (_, message) => void message.respond("done") });
  nc.subscribe(`${json.inbox_prefix}.x`);
  nc.publish("team.blue.y");
  assert.deepEqual(await refused(), []);
  nc.publish("team.red.x");
  nc.subscribe("_INBOX.>");
  nc.subscribe("plain");
  assert.deepEqual(await refused(), [
    ...["publish team.red.x", "subscribe _INBOX.>", "subscribe plain"],
  ]);
});

test("what a scoped key permits cannot be made less, since nobody here knows it", async () => {
  const token = await provider.token({ client: "blue" });
  const { json } = await service.ask(token, { publish: ["team.blue.x"] });
  assert.equal(json.code, "permission_not_granted");
});

test("a role without a scoped key is signed by the other one, with its permissions", async (t) => {
  const { json } = await service.ask(await provider.token({ client: "plain" }));
  assert.equal(decode(json.jwt).iss, ORDERS.signing_public_key);
  const nc = await connectWith(t, nats.url, json);
  const refused = violations(nc);
  nc.publish("plain");
  nc.publish("team.plain.x");
  assert.deepEqual(await refused(), ["publish team.plain.x"]);
});

test("journal, metrics and readiness know which key is which", async () => {
  await service.ask(await provider.token({ client: "plain" }));
  const [trust] = (await service.journal()).flatMap((event) =>
    event.type === "config.loaded" ? event.signing_keys : [],
  );
  assert.deepEqual([trust?.keys, trust?.scoped_keys], [[ORDERS.signing_public_key], [KEY]]);
  const metrics = await (await fetch(`${service.metrics_url}/metrics`)).text();
  for (const [state, count] of Object.entries({ active: 1, known: 0, scoped: 1 }))
    assert.match(
      metrics,
      new RegExp(`signing_keys\\{account="ORDERS",state="${state}"\\} ${count}`),
    );
  assert.equal((await service.request("/readyz")).status, 200);
});
