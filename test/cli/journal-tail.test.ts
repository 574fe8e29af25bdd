import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { openJournal } from "../../src/journal/index.ts";
import { issued, options } from "../journal/support.ts";
import { BIN, makeDir } from "../support/service.ts";
import { DIGEST, EVIL, interruptible, journalOf, MORNING, NOON_MS } from "./journal-support.ts";
import { runHere, runProgram } from "./support.ts";

const tail = (dir: string, ...args: string[]) =>
  runHere(["journal", "tail", dir, ...args], { now_ms: () => NOON_MS + 4 * 60_000 });
/** The request ids, or the types, of what was shown. */
const shown = (out: string) =>
  out
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => /request (\S+)/.exec(line)?.[1] ?? line.split("  ")[1]);

test("a decision is one line: time, outcome, identity, account and roles, rules, request", async (t) => {
  const { code, out, err } = await tail(await journalOf(t));
  assert.deepEqual([code, err], [0, ""]);
  const lines = out.split("\n").filter((line) => line !== "");
  assert.equal(
    lines[0],
    `2030-01-01T12:00:00.000Z  policy.loaded  policy=${"p".repeat(64)}  mode=enforce  files=["policy.yaml"]`,
  );
  assert.equal(
    lines[1],
    '2030-01-01T12:01:00.000Z  issued              corp:svc  ORDERS/r  "orders readers"  request r1',
  );
  assert.equal(lines[2], "2030-01-01T12:02:00.000Z  token_expired       -  -  -  request r2");
  assert.match(
    lines[3] ?? "",
    /^2030-01-01T12:03:00.000Z {2}no_rule_matched {5}corp:"sv.*" {2}- {2}- {2}request r3$/,
  );
  assert.equal(lines.length, 4);
});

test("--verbose says what each rule missed on, below the refusal", async (t) => {
  const { out } = await tail(await journalOf(t), "--verbose", "--code", "no_rule_matched");
  const [, ...below] = out.trimEnd().split("\n");
  assert.match(below[0] ?? "", /^ {4}hint: "sv/);
  assert.deepEqual(below.slice(1), [
    '    "orders readers" missed: scopes',
    "    other rules missed: not listed",
  ]);
});

test("--verbose says what was granted, below each credential", async (t) => {
  const dir = await journalOf(t, [
    issued("r1", {
      publish: ["a.>"],
      deny_publish: ["a.b", "a.c"],
      responses: { max: 1, ttl_s: 120 },
      connection_types: ["MQTT"],
      bearer: true,
      source_networks: ["10.0.0.0/8"],
      times: { location: "UTC", ranges: [{ start: "08:00:00", end: "18:00:00" }] },
      limits: { subscriptions: 7 },
      tags: [EVIL],
    }),
    issued("r2", { subscribe: [], scoped_key: "AKEY" }),
  ]);
  const { out } = await tail(dir, "--verbose");
  const below = out.split("\n").flatMap((line) => (line.startsWith("    ") ? line.trim() : []));
  assert.deepEqual(below.slice(0, 8), [
    ...["publish: a.>", "but not: a.b, a.c", "answers: 1 to any request, within 120 s"],
    ...["subscribe: orders.>", "connect by: MQTT", "bearer: the JWT alone, without a signature"],
    ...["from: 10.0.0.0/8", "at: 08:00:00-18:00:00, UTC"],
  ]);
  assert.equal(below[8], "subscriptions: at most 7");
  assert.match(below[9] ?? "", /^tags: "sv\\u001b/);
  assert.deepEqual(below.slice(10), ["permitted by: scoped key AKEY, not by the JWT"]);
});

test("nothing that a caller wrote acts on the terminal, in text or in JSON", async (t) => {
  const dir = await journalOf(t);
  for (const args of [["--verbose"], ["--json"]]) {
    const { out } = await tail(dir, ...args);
    assert.match(out, /\\u001b/);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    assert.doesNotMatch(out, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e\u2028]/);
    assert.equal(out.split("\n").filter((line) => line.startsWith("31m")).length, 0);
  }
});

test("--json gives the events as they stand there", async (t) => {
  const dir = await journalOf(t);
  const { out } = await tail(dir, "--json", "--type", "credential.refused");
  const events = out
    .trimEnd()
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    events.map(({ seq, prev, at, writer, ...event }) => event),
    MORNING.slice(2),
  );
});

const FILTERS: [string[], string[]][] = [
  [["--identity", "corp:svc"], ["r1"]],
  [["--identity", `corp:${DIGEST.slice(0, 16)}`], ["r1"]],
  [["--identity", DIGEST.slice(0, 8)], ["r1"]],
  [["--identity", DIGEST], ["r1"]],
  [["--identity", "other:svc"], []],
  [["--code", "issued"], ["r1"]],
  [["--code", "token_expired"], ["r2"]],
  [["--rule", "orders readers"], ["r1"]],
  [["--rule", "night"], []],
  [["--type", "policy.loaded"], ["policy.loaded"]],
  [["--type", "journal.checkpoint"], ["journal.checkpoint"]],
  [["--request", "r3"], ["r3"]],
  [["--request", "theirs"], ["r1"]],
  [
    ["--since", "2m"],
    ["r2", "r3"],
  ],
  [
    ["--since", "2030-01-01T12:02:00Z"],
    ["r2", "r3"],
  ],
  [["--since", "2030-01-01T13:02:00.000+01:00", "--until", "2030-01-01t12:03:00z"], ["r2"]],
  [["--until", "3m"], ["policy.loaded"]],
  [
    ["--lines", "2"],
    ["r2", "r3"],
  ],
  [["-n", "1", "--code", "issued"], ["r1"]],
  [["--since", "10m", "--code", "token_expired"], ["r2"]],
];

test("filters show what fits all of them", async (t) => {
  const dir = await journalOf(t);
  for (const [args, expected] of FILTERS) {
    const { code, out, err } = await tail(dir, ...args);
    assert.deepEqual([code, shown(out), err], [0, expected, ""], args.join(" "));
  }
});

test("without a time the last fifty are shown, with one all", async (t) => {
  const dir = await journalOf(
    t,
    Array.from({ length: 60 }, (_, i) => issued(`r${i}`)),
  );
  assert.equal(shown((await tail(dir)).out).length, 50);
  assert.equal(shown((await tail(dir, "--since", "2030-01-01T00:00:00Z")).out).length, 60);
});

test("several writers are shown in one, in order of time", async (t) => {
  const dir = await journalOf(t, [issued("a1"), issued("a2"), issued("a3")], "a");
  await journalOf(t, [issued("b1"), issued("b2")], "b", dir);
  const { out } = await tail(dir, "--type", "credential.issued");
  assert.deepEqual(shown(out), ["a1", "b1", "a2", "b2", "a3"]);
  assert.match(out, /request a1 {2}writer a$/m);
  assert.deepEqual(shown((await tail(dir, "--lines", "2")).out), ["b2", "a3"]);
  assert.deepEqual(shown((await tail(join(dir, "b"))).out), ["b1", "b2"]);
});

test("wrong usage says what is right", async (t) => {
  const dir = await journalOf(t);
  const above = await makeDir(t);
  await journalOf(t, MORNING, "main", join(above, "journal"));
  const table: [string[], RegExp][] = [
    [[dir, dir], /name one folder/],
    [["none"], /none cannot be read \(ENOENT\)/],
    [[await makeDir(t)], /holds no journal/],
    [
      [dir, "--code", "token_expird"],
      /there is no code "token_expird": did you mean "token_expired"\?/,
    ],
    [
      [dir, "--type", "credential.isued"],
      /there is no type "credential.isued": did you mean "credential.issued"\?/,
    ],
    [[above], new RegExp(`${above} holds no journal: did you mean ${above}/journal\\?`)],
    [[dir, "--identity", "zz"], /--identity must be ISSUER:SUBJECT, or 8 to 64/],
    [[dir, "--since", "yesterday"], /--since must be 15m, 2h or 7d \(ago\), or a time/],
    [[dir, "--until", "2030-13-01T00:00:00Z"], /--until must be/],
    [[dir, "--lines", "0"], /--lines must be a whole number/],
  ];
  for (const [args, says] of table) {
    const ran = await runHere(["journal", "tail", ...args], { cwd: dir });
    assert.deepEqual([ran.code, ran.out], [2, ""], args.join(" "));
    assert.match(ran.err, says);
  }
});

test("what was changed is shown with its fault, and the exit code says so", async (t) => {
  const dir = await journalOf(t);
  const [name = ""] = (await readdir(join(dir, "main"))).filter((each) => each.endsWith(".jsonl"));
  const path = join(dir, "main", name);
  await writeFile(
    path,
    (await readFile(path, "utf8")).replace('"identity":{', '"identity":7,"was":{'),
  );
  const { code, out, err } = await tail(dir);
  assert.equal(code, 1);
  assert.match(out, /"identity":7|r2/);
  assert.match(err, /:4: does not continue the line before it/);
  assert.match(err, /journal verify/);
});

test("--follow goes on with what comes, in this process as in the program", async (t) => {
  const dir = await makeDir(t);
  const journal = await openJournal(options(dir, { segment_bytes: 4096 }));
  t.after(() => journal.close());
  await journal.record(issued("r0"));

  const child = spawn(process.execPath, [BIN, "journal", "tail", dir, "--follow"], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  t.after(() => child.kill("SIGKILL"));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const { io, interrupt } = interruptible();
  const written: string[] = [];
  let wake = () => {};
  const here = runHere(["journal", "tail", dir, "--follow", "--code", "issued"], {
    ...io,
    write: async (text) => {
      written.push(text);
      wake();
    },
  });
  assert.match((await lines.next()).value, /request r0$/);
  for (let i = 1; i <= 30; i++) {
    await journal.record(issued(`r${i}`));
    assert.match((await lines.next()).value, new RegExp(`request r${i}$`));
  }
  assert.ok((await readdir(join(dir, "main"))).filter((n) => n.endsWith(".jsonl")).length > 2);
  while (written.length < 31) {
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
  }
  interrupt();
  assert.equal((await here).code, 0);
  assert.deepEqual(
    shown(written.join("")),
    Array.from({ length: 31 }, (_, i) => `r${i}`),
  );
  child.kill("SIGINT");
  assert.deepEqual(await once(child, "exit"), [0, null]);
});

test("a reader that has seen enough ends it without a word", async (t) => {
  const dir = await journalOf(
    t,
    Array.from({ length: 3000 }, (_, i) => issued(`r${i}`)),
  );
  const child = spawn(process.execPath, [BIN, "journal", "tail", dir, "--lines", "3000"], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  t.after(() => child.kill("SIGKILL"));
  let err = "";
  child.stderr.on("data", (chunk) => {
    err += chunk;
  });
  await once(child.stdout, "data");
  child.stdout.destroy();
  const [code] = await once(child, "close");
  assert.deepEqual([code, err], [0, ""]);
});

test("the help says what is shown", async (t) => {
  const { code, out } = await runProgram(t, ["journal", "tail", "--help"]);
  assert.equal(code, 0);
  assert.match(out, /Usage: nats-sts journal tail \[OPTIONS\] DIR/);
});
