import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
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
    [["check", "--cofnig", "a"], /^nats-sts check: Unknown option '--cofnig'/],
    [["check", "-x"], /^nats-sts check: Unknown option '-x'/],
    [["check", "--config"], /^nats-sts check: Option '-c, --config <value>' argument missing/],
    [["check", "-c", "a", "--config", "b"], /^nats-sts check: --config is there twice/],
    [["serve", "nats-sts.yaml"], /^nats-sts serve: Unexpected argument 'nats-sts\.yaml'/],
  ];
  for (const [argv, said] of table) {
    const { code, out, err } = await runHere(argv);
    assert.deepEqual([code, out], [2, ""], argv.join(" "));
    assert.match(err, said);
    assert.match(err, new RegExp(`nats-sts ${argv[0]} --help explains it\\.$`));
  }
});

test("the program prints the version of its package", async (t) => {
  const { version } = JSON.parse(readFileSync(join(PROJECT, "package.json"), "utf8"));
  assert.deepEqual(await runProgram(t, ["--version"]), { code: 0, out: `${version}\n`, err: "" });
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
