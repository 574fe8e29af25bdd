import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect as dial } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { createAccount } from "@nats-io/nkeys";
import { connect, type Msg } from "@nats-io/transport-node";
import { credsText } from "../../src/credential/index.ts";
import { decide, loadPolicy } from "../../src/policy/index.ts";
import { runNatsServer, startNats } from "../support/nats.ts";
import { connectWith, violations } from "../support/nats-client.ts";
import type { Scope } from "../support/project.ts";
import { clientOf, minted, now_s } from "./client.ts";
import { CONTEXT, identityOf, who, withRoles } from "./support.ts";

const scope = { after };
const nats = await startNats(scope, {
  jetstream: true,
  config: `mqtt: { listen: "127.0.0.1:-1" }\nleafnodes: { listen: "127.0.0.1:-1" }`,
});
const admin = await connectWith(scope, nats.url, await nats.accounts.ORDERS.user());

test("what is denied is neither published nor delivered, in a queue group neither", async (t) => {
  const policy = withRoles({
    r: `account: ORDERS, publish: [d.>], subscribe: [d.>],
      deny_publish: [d.secret.>, d.one], deny_subscribe: [d.secret.>, d.one, "d.*.x"]`,
  });
  const nc = await clientOf(t, nats, policy, who("r"));
  const seen = violations(nc);
  for (const subject of ["d.one", "d.secret.a"]) {
    nc.publish(subject);
    nc.subscribe(subject);
    assert.deepEqual((await seen()).toSorted(), [`publish ${subject}`, `subscribe ${subject}`]);
  }
  for (const options of [{}, { queue: "q" }]) {
    for (const wide of ["d.>", "d.*", "d.*.*", "d.*.a"]) {
      const got: string[] = [];
      const sub = nc.subscribe(wide, { ...options, callback: (_, m) => void got.push(m.subject) });
      await nc.flush();
      for (const s of ["d.one", "d.secret.a", "d.eu.x", "d.two", "d.eu.a"]) admin.publish(s);
      await admin.flush();
      await nc.flush();
      for (const s of got) assert.ok(["d.two", "d.eu.a"].includes(s), `${wide} heard ${s}`);
      sub.unsubscribe();
    }
  }
  assert.deepEqual(await seen(), []);
});

test("answers to any subject reach it once, and nothing else does", async (t) => {
  const policy = withRoles({
    r: "account: ORDERS, subscribe: [ask], allow_reserved: true, respond: { any_subject: true }",
  });
  const nc = await clientOf(t, nats, policy, who("r"));
  const seen = violations(nc);
  const heard: string[] = [];
  admin.subscribe("answer.here", { callback: (_, m) => void heard.push(m.string()) });
  const asked = new Promise<void>((resolve) => {
    nc.subscribe("ask", {
      callback: (_, m) => {
        m.respond("first");
        m.respond("second");
        resolve();
      },
    });
  });
  await nc.flush();
  admin.publish("ask", "", { reply: "answer.here" });
  await asked;
  assert.deepEqual(await seen(), ["publish answer.here"]);
  await admin.flush();
  assert.deepEqual(heard, ["first"]);
  nc.publish("answer.here");
  assert.deepEqual(await seen(), ["publish answer.here"]);
});

/** A text of MQTT. */
function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/**
 * The return code of an MQTT 3.1.1 CONNECT with this password, where 0 is accepted; with a filter, that
 * of its SUBSCRIBE, where 128 is refused.
 */
async function mqtt(port: number, password: string, filter?: string): Promise<number> {
  // Level 4; user name, password and a clean session; 60 s.
  const head = Buffer.concat([text("MQTT"), Buffer.from([4, 0xc2, 0, 60])]);
  const body = Buffer.concat([head, text("client"), text("any"), text(password)]);
  const size: number[] = [];
  for (let rest = body.length; rest > 0; rest >>= 7)
    size.push((rest & 127) | (rest > 127 ? 128 : 0));
  const socket = dial(port, "127.0.0.1");
  socket.write(Buffer.concat([Buffer.from([0x10, ...size]), body]));
  const answer = () =>
    new Promise<number>((resolve) => {
      socket.once("data", (data) => resolve(data.at(-1) ?? -1));
      socket.once("error", () => resolve(-1));
      socket.once("close", () => resolve(-1));
    });
  const connected = await answer();
  if (filter === undefined || connected !== 0) {
    socket.destroy();
    return connected;
  }
  const wanted = Buffer.concat([Buffer.from([0, 1]), text(filter), Buffer.from([0])]);
  socket.write(Buffer.concat([Buffer.from([0x82, wanted.length]), wanted]));
  return answer().finally(() => socket.destroy());
}

test("an MQTT filter with # needs the level above as well as all below it", async () => {
  const policy = withRoles({
    below: "account: ORDERS, subscribe: [in.>], connection_types: [MQTT]",
    both: "account: ORDERS, subscribe: [in, in.>], connection_types: [MQTT]",
  });
  const code = async (role: string, filter: string) => {
    const decision = decide(policy, { ...who(role), token_kind: "identity" }, {}, now_s());
    assert.ok(decision.allow);
    const { jwt } = await minted(nats.accounts.ORDERS, decision.grant);
    return mqtt(mqttPort(), jwt, filter);
  };
  assert.deepEqual([await code("below", "in/#"), await code("below", "in/a")], [128, 0]);
  assert.equal(await code("both", "in/#"), 0);
});

function mqttPort(): number {
  const line = nats.logs().find((each) => each.includes("MQTT") && each.includes("127.0.0.1:"));
  return Number(/127\.0\.0\.1:(\d+)/.exec(line ?? "")?.[1]);
}

test("an MQTT role connects by MQTT with the JWT alone, and no other way", async (t) => {
  const policy = withRoles({
    mqtt: "account: ORDERS, publish: [a], connection_types: [MQTT]",
    plain: "account: ORDERS, publish: [a]",
  });
  const jwtOf = async (name: string) => {
    const decision = decide(policy, { ...who(name), token_kind: "identity" }, {}, now_s());
    assert.ok(decision.allow);
    return minted(nats.accounts.ORDERS, decision.grant);
  };
  const port = mqttPort();
  const bearer = await jwtOf("mqtt");
  assert.equal(await mqtt(port, bearer.jwt), 0);
  assert.notEqual(await mqtt(port, (await jwtOf("plain")).jwt), 0);
  await assert.rejects(connectWith(t, nats.url, bearer), /Authorization Violation/);
  const leaf = withRoles({ r: "account: ORDERS, publish: [a], connection_types: [LEAFNODE]" });
  await assert.rejects(clientOf(t, nats, leaf, who("r")), /Authorization Violation/);
});

/** What of these subjects a client of a leaf node with this role gets across to the account, and from it. */
async function acrossLeaf(t: Scope, role: string, subjects: readonly string[], besides = "") {
  const policy = withRoles({ r: `account: ORDERS, ${role}` });
  const decision = decide(policy, { ...who("r"), token_kind: "identity" }, {}, now_s());
  assert.ok(decision.allow);
  const { grant } = decision;
  const subscribe = [...grant.subscribe, ...(besides === "" ? [] : [besides])];
  const { jwt, seed } = await minted(nats.accounts.ORDERS, { ...grant, subscribe });
  const dir = await mkdtemp(join(tmpdir(), "nats-sts-"));
  t.after(() => rm(dir, { recursive: true, force: true }));
  const credentials = join(dir, "leaf.creds");
  await writeFile(credentials, credsText(jwt, seed, grant.inbox_prefix, now_s()));
  const line = nats.logs().find((each) => each.includes("leafnode connections"));
  const port = /127\.0\.0\.1:(\d+)/.exec(line ?? "")?.[1];
  const file = join(dir, "leaf.conf");
  const remote = JSON.stringify({ url: `nats://127.0.0.1:${port}`, credentials });
  await writeFile(file, `leafnodes: { remotes: [${remote}] }\n`);
  const leaf = await connect({ servers: await runNatsServer(t, file), reconnect: false });
  t.after(() => leaf.close());
  const [up, down] = [new Set<string>(), new Set<string>()];
  const all = admin.subscribe("leaf.>", { callback: (_, m) => void up.add(m.subject) });
  for (const subject of subjects) {
    const [plain, queue] = [`to.${subject}`, "q"];
    const listed = (_: unknown, m: Msg) => void down.add(m.subject);
    leaf.subscribe(plain, { callback: listed });
    leaf.subscribe(plain.replace(".leaf.", ".group."), { queue, callback: listed });
  }
  const turns = role.includes("LEAFNODE") ? 300 : 20; // what is refused is not waited for
  for (let turn = 0; turn < turns && (up.size === 0 || down.size === 0); turn++) {
    for (const subject of subjects) {
      leaf.publish(subject);
      for (const kind of ["leaf", "group"]) admin.publish(`to.${subject.replace("leaf", kind)}`);
    }
    await Promise.all([leaf.flush(), admin.flush()]);
    await setTimeout(100); // The leaf connects when it has the time.
  }
  all.unsubscribe();
  return { up: [...up].sort(), down: [...down].sort() };
}

test("a leaf node connects with a role for leaf nodes, and gets across what that permits, both ways", async (t) => {
  const subjects = ["leaf.yes", "leaf.no"];
  const permits = "publish: [leaf.yes], subscribe: [to.leaf.yes]";
  assert.deepEqual(await acrossLeaf(t, `${permits}, connection_types: [LEAFNODE]`, subjects), {
    up: ["leaf.yes"],
    down: ["to.leaf.yes"],
  });
  assert.deepEqual(await acrossLeaf(t, permits, subjects), { up: [], down: [] });
});

test("why a queue form is a fault for leaf nodes: nats-server gives nothing for it", async (t) => {
  const role = "publish: [leaf.yes], subscribe: [to.leaf.yes], connection_types: [LEAFNODE]";
  const down = async (besides: string) => (await acrossLeaf(t, role, ["leaf.yes"], besides)).down;
  assert.deepEqual(await down("to.group.yes q"), ["to.leaf.yes"]);
  assert.deepEqual(await down("to.group.yes"), ["to.group.yes", "to.leaf.yes"]);
});

test("a scoped key gives its template, filled by the tags of the role and its inbox", async (t) => {
  const { signing_public_key, signing_key_file } = nats.accounts.ORDERS;
  assert.ok(signing_key_file);
  const key = signing_public_key;
  const template = {
    pub: { allow: ["team.{{tag(team)}}.>"] },
    sub: { allow: ["_INBOX.{{tag(inbox)}}.>"] },
    ...{ subs: -1, data: -1, payload: -1 },
  };
  const signer = { kind: "user_scope", key, role: "team", template };
  const other = createAccount().getPublicKey();
  // `as`: the library types scopes more narrowly than nats-server reads them.
  await nats.pushAccount("ORDERS", { signing_keys: [signer, other] as never });
  const text = `version: 1
roles: { s: { account: ORDERS, scoped_key: ${key}, tags: ["team:{team}"] } }
rules: [{ name: s, issuer: corp, roles: [s] }]
`;
  const policy = loadPolicy([{ path: "p", bytes: Buffer.from(text) }], {
    ...CONTEXT,
    scoped_keys: new Map([["ORDERS", [key]]]),
  });
  const identity = identityOf({ claims: { team: "blue" } });
  const nc = await clientOf(t, nats, policy, identity);
  const seen = violations(nc);
  nc.publish("team.blue.x");
  nc.subscribe(`_INBOX.${identity.digest.slice(0, 32)}.1`);
  assert.deepEqual(await seen(), []);
  nc.publish("team.red.x");
  nc.subscribe("_INBOX.>");
  assert.deepEqual(await seen(), ["publish team.red.x", "subscribe _INBOX.>"]);
});
