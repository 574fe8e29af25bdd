import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { run } from "../support/project.ts";
import type { Service } from "../support/service.ts";
import {
  assertRecorded,
  assertVerifies,
  eventually,
  outcomeOf,
  serving,
  unready,
} from "./callers.ts";

const LIMIT = { timeout: 120_000 };
const DESCRIPTORS = 64;
const CONNECTIONS = 200;
const ROUNDS = 5;

/**
 * A service with few descriptors, and what its callers were given. It has them from the moment on at
 * which it listens: Node opens the files of a program side by side, and needs more to load this one.
 */
async function withFewDescriptors(t: TestContext) {
  const all = await serving(t);
  const limit = `--nofile=${DESCRIPTORS}:${DESCRIPTORS}`;
  await run("prlimit", ["--pid", String(all.service.child.pid), limit], { limit_ms: 10_000 });
  const received: string[] = [];
  /** Nothing at all is an answer too: the system, not the service, had no room for the caller. */
  const ask = async () => {
    const answer = await all.service
      .ask(all.token, undefined, { connection: "close" })
      .catch(() => undefined);
    if (answer?.status === 200) received.push(answer.json.id);
    return answer ? outcomeOf(answer) : "no connection";
  };
  return { ...all, received, ask };
}

/** Connections that say nothing, until the system has no more room for them at the service. */
async function silent(t: TestContext, service: Service, count: number): Promise<void> {
  const { hostname, port } = new URL(service.url);
  const sockets: Socket[] = [];
  t.after(() => sockets.forEach((socket) => void socket.destroy()));
  for (let i = 0; i < count; i++) {
    const socket = connect(Number(port), hostname).on("error", () => {});
    sockets.push(socket);
    await once(socket, "connect");
  }
}

test(
  `with ${DESCRIPTORS} descriptors, ${CONNECTIONS} connections at once get right answers or none, and then all is well`,
  LIMIT,
  async (t) => {
    const { options, service, received, ask } = await withFewDescriptors(t);
    assert.equal(await ask(), "issued"); // and the keys of the issuer are known
    for (let round = 0; round < ROUNDS; round++) {
      const outcomes = await Promise.all(Array.from({ length: CONNECTIONS }, ask));
      for (const outcome of new Set(outcomes)) {
        assert.match(outcome, /^(issued|no connection|overloaded|journal_unavailable)$/);
      }
      assert.ok(outcomes.includes("issued"));
    }
    await eventually(ask, (outcome) => outcome === "issued");
    assert.deepEqual(await unready(service), []);
    await assertVerifies(t, options.dir);
    assert.equal(await service.stop(), 0);
    // A caller who was cut off may have been issued to: that must be on record, and is.
    await assertRecorded(options.dir, received, { more: true });
    await assertVerifies(t, options.dir);
  },
);

test(
  "callers who connect and say nothing until no descriptor is left do not end the service",
  LIMIT,
  async (t) => {
    const { options, service, ask } = await withFewDescriptors(t);
    await silent(t, service, CONNECTIONS);
    // They are let go when their time is over.
    await eventually(ask, (outcome) => outcome === "issued");
    await eventually(
      () => unready(service).catch(() => ["no connection"]),
      (failed) => failed.length === 0,
    );
    await assertVerifies(t, options.dir);
    assert.equal(await service.stop(), 0);
  },
);

test(
  "without a descriptor to ask the provider with, the answer is for now, and no verdict on the token",
  LIMIT,
  async (t) => {
    const { service, token } = await withFewDescriptors(t);
    const ask = () => service.ask(token).then(outcomeOf, () => "no connection");
    assert.equal((await service.request("/healthz")).status, 200); // leaves a connection to ask on
    await silent(t, service, CONNECTIONS);
    assert.equal(await ask(), "issuer_unavailable");
    await eventually(ask, (outcome) => {
      assert.match(outcome, /^(issued|no connection|issuer_unavailable)$/);
      return outcome === "issued";
    });
  },
);
