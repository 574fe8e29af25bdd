import assert from "node:assert/strict";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, test } from "node:test";
import { createAccount } from "@nats-io/nkeys";
import { ERRORS, type ErrorCode } from "../../src/errors.ts";
import { filled, message } from "../http/attacks/attack.ts";
import { assertHeard } from "../http/attacks/heard.ts";
import { ATTACKS } from "../http/attacks/table.ts";
import { converse } from "../http/attacks/wire.ts";
import { encoded, exchangeOf, FORM } from "../http/doors.ts";
import { forge } from "../identity/forge.ts";
import { OTHER, type Row, refusalKeys, TABLES } from "../identity/refusal-rows.ts";
import { AUDIENCE, claimsOf, ISSUER, NOW_S } from "../identity/support.ts";
import { formsOf } from "../keys/seed-forms.ts";
import { EVERYONE, makeDir, startService } from "../support/service.ts";

const scope = { after };
const dir = await makeDir(scope);
const { keys, published, published_by_other } = await refusalKeys();
const seed = createAccount().getSeed().slice();
await writeFile(join(dir, "orders.nk"), seed, { mode: 0o600 });
await writeFile(join(dir, "corp.json"), JSON.stringify({ keys: published }));
await writeFile(join(dir, "other.json"), JSON.stringify({ keys: published_by_other }));
const issuer = (name: string, url: string) => ({
  ...{ name, url, preset: "generic", audience: AUDIENCE },
  jwks: { file: join(dir, `${name}.json`) },
});
const service = await startService(scope, {
  provider: { issuer: ISSUER, audience: AUDIENCE },
  policy: EVERYONE,
  accounts: [
    {
      name: "ORDERS",
      public_key: createAccount().getPublicKey(),
      signing_key_file: join(dir, "orders.nk"),
    },
  ],
  config: {
    issuers: [issuer("corp", ISSUER), issuer("other", OTHER)],
    // More than is sent here: every refusal is to come about for its own reason, and to be journaled.
    limits: {
      request_timeout: "1s",
      rate_per_address: "1000000/m",
      rate_per_identity: "1000000/m",
      journal_unverified: "100000/s",
    },
  },
  env: {
    NODE_OPTIONS: `--import ${new URL("./sweep-preload.js", import.meta.url).href}`,
    SWEEP_NOW_S: String(NOW_S),
    SWEEP_HEAP_FILE: join(dir, "heap"),
  },
});
const port = Number(new URL(service.url).port);

const good = () => forge({ key: "ES256" }, claimsOf(), keys);

/** A way in, and what it says of a token before it looks into it. */
interface Way {
  bytes(token: string): string;
  readonly early: Readonly<Record<string, string>>;
}

const WAYS: Readonly<Record<string, Way>> = {
  "/v1/credentials": {
    bytes: (token) => {
      const value = Buffer.from(`Bearer ${token}`).toString("latin1");
      const start = "POST /v1/credentials HTTP/1.1";
      return message([start, "Host: a", "Connection: close", `Authorization: ${value}`]);
    },
    early: {
      nothing: "401 token_missing",
      "a blank": "401 token_missing",
      "a blank in front": "200", // RFC 6750 §2.1: one blank or more
      "a line break behind": "400 request_invalid",
      "a carriage return": "400 request_invalid",
      "a NUL behind": "400 request_invalid",
      "a token of 1 MB": "431 headers_too_large",
    },
  },
  "/oauth2/token": {
    bytes: (token) => {
      const form = encoded(exchangeOf(token));
      const lines = ["POST /oauth2/token HTTP/1.1", "Host: a", "Connection: close"];
      const about = [`Content-Type: ${FORM}`, `Content-Length: ${form.length}`];
      return message([...lines, ...about], form);
    },
    early: { nothing: "400 token_missing", "a token of 1 MB": "413 body_too_large" },
  },
};

/** Every answer so far, as it came. */
const heard: string[] = [];
/** What was sent, and what was given for it. */
const sent: string[] = [];
const given: string[] = [];

async function send(bytes: string, answers: readonly string[]): Promise<void> {
  const conversation = await converse(port, { name: "", bytes, answers });
  assertHeard(conversation, answers);
  for (const { headers, body } of conversation.answers) {
    heard.push(JSON.stringify([...headers]), body);
    const { jwt, seed } = body.includes('"jwt"') ? JSON.parse(body) : {};
    if (jwt) given.push(jwt, seed ?? jwt);
  }
}

test("every bad token is refused at both doors, for the same one reason", async () => {
  const rows = TABLES.flatMap(([, rows]) => rows);
  assert.ok(rows.length >= 150);
  const wrong: string[] = [];
  const refused = async (path: string, { bytes, early }: Way, row: Row) => {
    const token = forge(row, claimsOf(), keys);
    sent.push(token);
    const status = path === "/v1/credentials" ? statusOf(row.code) : 400;
    const expected = early[row.name] ?? `${status} ${row.code}`;
    await send(bytes(token), [expected]).catch((error) => {
      wrong.push(`${path} ${row.name}: ${error.message}`);
    });
  };
  for (const row of rows)
    for (const [path, way] of Object.entries(WAYS)) await refused(path, way, row);
  assert.deepEqual(wrong, []);
});

test("all attacks are met in the same way by a service that has seen all that", async () => {
  const token = good();
  sent.push(token);
  for (const attack of Object.values(ATTACKS).flat()) {
    const { bytes, answers } = filled(attack, token, encoded(exchangeOf(token)));
    await send(bytes, answers);
  }
});

test("after 200 good requests nothing remembers what was sent and given before", async () => {
  const [before_sent, before_given] = [sent.splice(0), given.splice(0)];
  for (let i = 0; i < 100; i++)
    for (const { bytes } of Object.values(WAYS)) await send(bytes(good()), ["200"]);
  const metrics = await (await fetch(`${service.metrics_url}/metrics`)).text();
  const heap = await heapOfService();
  const places = {
    heap,
    metrics,
    journal: await bytesBelow(join(service.dir, "journal")),
    log: service.logs().join("\n"),
  };
  assert.ok(heap.includes("a text that is on the heap")); // so the search finds what is there
  assert.ok(places.journal.split('"credential.refused"').length > 500);
  assert.ok(places.journal.includes('"sig":'), "the heads are among it");
  const found = [
    ...foundIn({ ...places, answers: heard.join("\n") }, before_sent.flatMap(partsOf)),
    ...foundIn({ ...places, answers: heard.join("\n") }, formsOf(seed)),
    ...foundIn(places, before_given.flatMap(partsOf)),
  ];
  assert.deepEqual(found.slice(0, 20), []);
  assert.doesNotMatch(places.log, /unexpected failure|Warning/);
});

function statusOf(code: string): number {
  return ERRORS[code as ErrorCode].status; // a row names one of the table
}

/** Shorter parts stand in many tokens, and may stand anywhere. */
const PART_MIN_CHARACTERS = 24;

/** A token, and what is its own of it: all tokens of a key share a header. Of a seed, all but the ends. */
function partsOf(text: string): string[] {
  const [, payload = "", signature = ""] = text.split(".");
  const whole = /^S[A-Z2-7]{57}$/.test(text) ? text.slice(4, 54) : text;
  return [whole, payload, signature].filter(({ length }) => length >= PART_MIN_CHARACTERS);
}

/** Where something was found, and its beginning. */
function foundIn(places: Readonly<Record<string, string>>, needles: readonly string[]): string[] {
  return Object.entries(places).flatMap(([place, text]) =>
    [...new Set(needles)]
      .filter((needle) => text.includes(needle))
      .map((needle) => `${place}: ${needle.slice(0, 40)}`),
  );
}

/** Every text on the heap of the service, once nobody is connected. */
async function heapOfService(): Promise<string> {
  assert.ok(service.child.stderr);
  const lines = createInterface({ input: service.child.stderr });
  service.child.kill("SIGUSR2");
  for await (const line of lines) if (line.includes("heap written")) break;
  const snapshot = await readFile(join(dir, "heap"), "latin1");
  return snapshot.slice(snapshot.indexOf('"strings":[')); // what stands before are numbers
}

async function bytesBelow(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const texts = files.map(({ parentPath, name }) => readFile(join(parentPath, name), "latin1"));
  return (await Promise.all(texts)).join("\n");
}
