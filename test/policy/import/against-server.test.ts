import assert from "node:assert/strict";
import { after, test } from "node:test";
import { encodeUser } from "@nats-io/jwt";
import { createAccount, createUser } from "@nats-io/nkeys";
import type { NatsConnection } from "@nats-io/transport-node";
import { readNatsJwt } from "../../../src/nats/index.ts";
import type { Permissions } from "../../../src/policy/import/rights.ts";
import { importUsers, type OldWorld } from "../../../src/policy/index.ts";
import { fc, SEED } from "../../support/fc.ts";
import { startNats } from "../../support/nats.ts";
import { type ClientCredential, connectWith, violations } from "../../support/nats-client.ts";
import { minted } from "../client.ts";
import { publishes, subscribes } from "./server-model.ts";
import { grantsOf, LITERALS, PATTERNS, permissions, QUEUES, UNLIMITED } from "./support.ts";

const GENERATED = 12;

const scope = { after };
const nats = await startNats(scope);
const { ORDERS } = nats.accounts;
const scoped = createAccount();
const default_permissions: Permissions = {
  pub: { allow: ["a.>", "_INBOX.>"], deny: ["a.b"] },
  sub: { allow: ["b.* q", "_INBOX.own.>"] },
};
const template = { pub: { allow: ["{{tag(t)}}.>"] }, sub: { allow: ["{{name()}}.>"] } };
const signing_keys = [
  ORDERS.signing_public_key,
  {
    kind: "user_scope",
    key: scoped.getPublicKey(),
    role: "r",
    template: { ...template, ...UNLIMITED },
  },
];
await (await connectWith(scope, nats.url, await ORDERS.user())).close(); // an account is changed once it is in use
await nats.pushAccount("ORDERS", { default_permissions, signing_keys } as never); // its types are narrower

const claims = {
  ...{ sub: ORDERS.public_key, name: "ORDERS" },
  nats: { type: "account", default_permissions, signing_keys },
};
const account = { jwt: { claims, digest: "", signature_fits: true, where: "" }, is_system: false };
const world: OldWorld = {
  accounts: new Map([[ORDERS.public_key, account]]),
  now_s: Math.floor(Date.now() / 1000),
};

/** What the server lets a client do, one line each. */
async function allowedTo(nc: NatsConnection): Promise<ReadonlySet<string>> {
  const refused = violations(nc);
  for (const literal of LITERALS) nc.publish(literal);
  const no = [...(await refused())];
  for (const pattern of PATTERNS)
    for (const queue of QUEUES)
      nc.subscribe(pattern, { ...(queue !== "" && { queue }), callback: () => {} });
  no.push(...(await refused()));
  return new Set(all.filter((one) => !no.includes(one)));
}

const uses = PATTERNS.flatMap((pattern) => QUEUES.map((queue) => ({ pattern, queue })));
const say = ({ pattern, queue }: { pattern: string; queue: string }) =>
  `subscribe ${pattern}${queue === "" ? "" : ` ${queue}`}`;
const all = [...LITERALS.map((literal) => `publish ${literal}`), ...uses.map(say)];

const modelled = (rights: Permissions) => [
  ...LITERALS.filter((one) => publishes(rights, one)).map((one) => `publish ${one}`),
  ...uses.filter(({ pattern, queue }) => subscribes(rights, pattern, queue)).map(say),
];

async function allowedWith(credential: ClientCredential): Promise<ReadonlySet<string>> {
  const nc = await connectWith(scope, nats.url, credential);
  const allowed = await allowedTo(nc);
  await nc.close();
  return allowed;
}

/** Connects with the old JWT and with the new one, and compares what the server lets through. */
async function compare(credential: { jwt: string; seed: string }, rights: Permissions) {
  const jwt = readNatsJwt(credential.jwt);
  assert.ok(jwt?.signature_fits);
  const where = `seed ${SEED}: ${JSON.stringify(rights)}`;
  const result = importUsers([{ ...jwt, where }], world, "idp");
  const [role] = result.roles;
  const old = await allowedWith(credential).catch((error: Error) => error);
  if (old instanceof Error) {
    // Whom the server refuses has no role.
    assert.match(old.message, /authorization violation/i, where);
    assert.equal(role, undefined, where);
    return "refused";
  }
  assert.deepEqual([...old], modelled(rights), where);
  if (!role) return "left out";
  const grant = grantsOf(result)[0] ?? assert.fail(where);
  const now = await allowedWith(await minted(nats.accounts.ORDERS, grant));
  const same = !role.notes.some((note) => /left out|narrower/.test(note));
  const lost = [...old].filter((one) => !now.has(one));
  assert.deepEqual(
    [...now].filter((one) => !old.has(one)),
    [],
    `wider, ${where}`,
  );
  if (same)
    assert.deepEqual(
      lost.filter((one) => !/[*>]/.test(one)),
      [],
      `narrower, ${where}`,
    );
  return same ? "same" : "narrower";
}

const FIXED: readonly Permissions[] = [
  {},
  { pub: { allow: [] }, sub: { allow: [] } },
  { pub: { allow: [], deny: ["a"] }, sub: { allow: [], deny: ["a"] } },
  { pub: { deny: ["a.>"] }, sub: { deny: ["a.>"] } },
  { pub: { allow: ["a"] } },
  { resp: { max: 1, ttl: 0 } },
  { pub: { deny: ["a.>"] }, resp: { max: 1, ttl: 0 } },
  { pub: { allow: ["a.>.b", "b"] }, sub: { allow: ["a.>.b", "b"], deny: ["b.>.a"] } },
  { sub: { allow: ["a.>", "a.b q"] } },
  { sub: { allow: ["a.>"], deny: ["a.b q"] } },
  { sub: { allow: ["*"] } },
  { sub: { allow: ["_INBOX.>", "_INBOX.own.>", "a.* q"] } },
];

test("nats-server lets the new credential do what it let the old one, and nothing else", async (t) => {
  const generated = fc.sample(permissions, { numRuns: GENERATED, seed: SEED });
  const outcomes: string[] = [];
  for (const rights of [...FIXED, ...generated]) {
    const old = await ORDERS.user(rights as never); // the library wants both lists
    const says = [rights.pub, rights.sub].some((one) => one?.allow?.length || one?.deny?.length);
    outcomes.push(await compare(old, says || rights.resp ? rights : default_permissions));
  }
  t.diagnostic(outcomes.join(", "));
  assert.ok(outcomes.filter((one) => one === "same").length >= 5);
});

test("so it is for the user of a scoped signing key", async () => {
  const user = createUser();
  const options = { signer: scoped, scopedUser: true };
  const jwt = await encodeUser("b", user, ORDERS.public_key, { tags: ["t:a"] }, options);
  const seed = new TextDecoder().decode(user.getSeed());
  const rights = { pub: { allow: ["a.>"] }, sub: { allow: ["b.>"] } };
  assert.equal(await compare({ jwt, seed }, rights), "same");
});
