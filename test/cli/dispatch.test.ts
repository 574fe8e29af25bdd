import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { COMMANDS } from "../../src/cli/index.ts";
import { PROJECT } from "../support/project.ts";
import { BIN } from "../support/service.ts";
import { runHere, runProgram } from "./support.ts";

test("help lists every command and ends well, however it is asked for", async () => {
  for (const argv of [["help"], ["--help"], ["-h"]]) {
    const { code, out, err } = await runHere(argv);
    assert.deepEqual([code, err], [0, ""]);
    for (const { name, summary } of COMMANDS) {
      assert.ok(out.includes(`  ${name} `), name);
      assert.ok(out.includes(summary), name);
    }
    assert.match(out, /COMMAND --help/);
  }
});

test("no command at all prints the same help, and is wrong usage", async () => {
  const { code, out } = await runHere([]);
  assert.equal(code, 2);
  assert.equal(out, (await runHere(["help"])).out);
});

for (const { name, summary, example, options } of COMMANDS) {
  test(`help on ${name} says what it does, names its options and shows an example`, async () => {
    const words = name.split(" ");
    const asked = [
      [...words, "--help"],
      [...words, "-h"],
      ["help", ...words],
      ["--help", ...words],
    ];
    for (const argv of [...asked, [...words, "--nonsense", "--help"]]) {
      const { code, out, err } = await runHere(argv);
      assert.deepEqual([code, err], [0, ""], argv.join(" "));
      assert.ok(out.startsWith(`${summary}.\n\nUsage: nats-sts ${name}`), out);
      assert.ok(out.includes(example) && example.startsWith(`nats-sts ${name}`), out);
      for (const option of Object.keys(options)) assert.ok(out.includes(`--${option}`), option);
    }
  });
}

test("help on the first word of some commands lists them", async () => {
  for (const argv of [
    ["policy", "--help"],
    ["policy", "-h"],
    ["help", "policy"],
  ]) {
    const { code, out, err } = await runHere(argv);
    assert.deepEqual([code, err], [0, ""], argv.join(" "));
    assert.match(out, /^ {2}policy explain +Say what/);
    assert.ok(out.split("\n").every((line) => line.startsWith("  policy ")));
  }
});

test("no line of any help is too wide to be read", async () => {
  for (const words of [[], ...COMMANDS.map(({ name }) => name.split(" "))]) {
    const { out } = await runHere(["help", ...words]);
    for (const line of out.split("\n")) assert.ok(line.length <= 120, line);
  }
});

test("an unknown command is wrong usage, with what was probably meant", async () => {
  const table: [string[], RegExp][] = [
    [["chek"], /^nats-sts: there is no command "chek": did you mean "check"\?\n/],
    [["journal"], /^nats-sts: there is no command "journal"; known here: .*journal verify/],
    [
      ["journal", "verfy"],
      /^nats-sts: there is no command "journal verfy": did you mean "journal verify"\?\n/,
    ],
    [["polic", "test"], /^nats-sts: there is no command "polic": did you mean "policy test"\?\n/],
    [["jounral"], /^nats-sts: there is no command "jounral": did you mean "journal"\?\n/],
    [["help", "srve"], /^nats-sts: there is no command "srve": did you mean "serve"\?\n/],
    [["\u001b[31m\n"], /^nats-sts: there is no command "\\u001b\[31m\\n"; known here/],
    [["--verbose"], /^nats-sts: there is no command "--verbose"; known here/],
    [["__proto__"], /^nats-sts: there is no command "__proto__"; known here/],
  ];
  for (const [argv, said] of table) {
    const { code, out, err } = await runHere(argv);
    assert.deepEqual([code, out], [2, ""]);
    assert.match(err, said);
    assert.match(err, /nats-sts --help lists the commands\.$/);
  }
});

test("options that are unknown, twice, without a value or too much are wrong usage", async () => {
  const table: [string[], RegExp][] = [
    [
      ["check", "--cofnig", "a"],
      /^nats-sts check: there is no option "--cofnig": did you mean --config\?/,
    ],
    [["fetch", "--ulr=a"], /^nats-sts fetch: there is no option "--ulr": did you mean --url\?/],
    [["check", "-x"], /^nats-sts check: there is no option "-x"\n/],
    [["check", "--no-config"], /^nats-sts check: there is no option "--no-config"/],
    [["check", "--constructor"], /^nats-sts check: there is no option "--constructor"\n/],
    [["check", "--config"], /^nats-sts check: --config wants a value/],
    [["check", "--config", "--connect"], /^nats-sts check: --config wants a value/],
    [["check", "--connect=yes"], /^nats-sts check: --connect takes no value/],
    [["check", "-c", "a", "--config", "b"], /^nats-sts check: --config is there twice/],
    [["serve", "nats-sts.yaml"], /^nats-sts serve: there is no place for "nats-sts\.yaml"/],
  ];
  for (const [argv, said] of table) {
    const { code, out, err } = await runHere(argv);
    assert.deepEqual([code, out], [2, ""], argv.join(" "));
    assert.match(err, said);
    assert.match(err, new RegExp(`nats-sts ${argv[0]} --help explains it\\.$`));
  }
});

test("nothing that may be a secret is repeated, whatever command it is given to", async () => {
  const token = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl";
  const seed = `SUA${"ABCDEFG234567".repeat(5).slice(0, 55)}`;
  const opaque = "8f3a1c5d7e9b0a2c4e6f8a1b3c5d7e9f"; // it has no form, and could be the name of a file
  const commands = COMMANDS.map(({ name }) => name.split(" "));
  const strict = COMMANDS.filter(({ operands }) => operands === undefined);
  const lines = [
    ...[token, seed].flatMap((secret) => [
      ...[[], ["journal"], ...commands].map((words) => [...words, secret]),
      ...["--config", "--confgi"].map((option) => ["check", `${option}=${secret}`]),
      ["check", "--config", secret],
      ["exec", "--", secret],
    ]),
    ...[[], ["journal"], ...strict.map(({ name }) => name.split(" "))].map((words) => [
      ...words,
      opaque,
    ]),
  ];
  for (const argv of lines) {
    const { code, out, err } = await runHere(argv);
    assert.equal(code, 2, argv.join(" "));
    for (const secret of [token, seed, opaque])
      assert.ok(!`${out}${err}`.includes(secret), argv.join(" "));
  }
});

test("the program prints the version of its package", async (t) => {
  const { version } = JSON.parse(readFileSync(join(PROJECT, "package.json"), "utf8"));
  assert.deepEqual(await runProgram(t, ["--version"]), { code: 0, out: `${version}\n`, err: "" });
});

test("what was built can be run by its name, as npm link leaves it", () => {
  assert.equal(statSync(BIN).mode & 0o111, 0o111);
});

test("the program exits with what its command answered", async (t) => {
  assert.equal((await runProgram(t, ["help"])).code, 0);
  assert.equal((await runProgram(t, ["chek"])).code, 2);
  assert.equal((await runProgram(t, [])).code, 2);
});

test("a reader that leaves early is no failure", async (t) => {
  const child = spawn(process.execPath, [BIN, "help"], { stdio: ["ignore", "pipe", "pipe"] });
  t.after(() => child.kill("SIGKILL"));
  child.stdout.destroy();
  let err = "";
  child.stderr.on("data", (chunk) => {
    err += chunk;
  });
  assert.deepEqual([await once(child, "close"), err], [[0, null], ""]);
});
