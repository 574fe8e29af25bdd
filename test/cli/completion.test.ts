import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { COMMANDS } from "../../src/cli/index.ts";
import { run } from "../support/project.ts";
import { makeDir } from "../support/service.ts";
import { runHere } from "./support.ts";

const scriptFor = async (shell: string) => (await runHere(["completion", shell])).out;
const has = async (shell: string) =>
  (await run(shell, ["--version"], { limit_ms: 20_000 }).catch(() => undefined)) !== undefined;

/** What bash would offer after these words; the last of them is being written. */
async function offered(
  words: readonly string[],
  { cwd = "/", listing = false } = {},
): Promise<readonly string[]> {
  const script = `${await scriptFor("bash")}
set -u
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_TYPE=${listing ? 63 : 9}
_nats_sts
((\${#COMPREPLY[@]} == 0)) || printf '%s\\n' "\${COMPREPLY[@]}"
complete -p nats-sts >&2`;
  const args = ["--norc", "-s", "--", "nats-sts", ...words];
  const out = await run("bash", args, { limit_ms: 20_000, stdin: script, cwd });
  return out.split("\n").filter((line) => line !== "");
}

const optionsOf = (name: string) => {
  const command = COMMANDS.find((one) => one.name === name);
  return [...Object.keys(command?.options ?? {}), "help"].map((option) => `--${option}`);
};

const bash = (await has("bash")) ? {} : { skip: "there is no bash" };

test("bash offers every command, and those that begin with what is there", bash, async () => {
  const first = COMMANDS.map(({ name }) => name.split(" ")[0]);
  const all = [...new Set(first), "help", "--version"].sort();
  assert.deepEqual([...(await offered([""]))].sort(), all);
  assert.deepEqual(await offered(["hea"]), ["healthcheck"]);
  assert.deepEqual(await offered(["--v"]), ["--version"]);
  assert.deepEqual(await offered(["nonsense"]), []);
  assert.deepEqual(await offered(["help", "hea"]), ["healthcheck"]);
  assert.deepEqual(await offered(["help", "check", ""]), []);
});

test("bash offers the second word of commands that have one", bash, async () => {
  assert.deepEqual([...(await offered(["journal", ""]))].sort(), ["tail", "verify"]);
  assert.deepEqual(await offered(["help", "journal", "v"]), ["verify"]);
  const policy = COMMANDS.filter(({ name }) => name.startsWith("policy "));
  assert.deepEqual(
    await offered(["policy", ""]),
    policy.map(({ name }) => name.split(" ")[1]),
  );
});

test("bash offers the options of each command, and no others", bash, async () => {
  for (const { name } of COMMANDS)
    assert.deepEqual(await offered([...name.split(" "), "-"]), optionsOf(name), name);
  assert.deepEqual(await offered(["serve", ""]), optionsOf("serve"));
  assert.deepEqual(await offered(["journal", "verify", "--head-"]), ["--head-key"]);
});

test(
  "bash completes values: files, folders, words, and nothing where it cannot know",
  bash,
  async (t) => {
    const cwd = await makeDir(t);
    await mkdir(join(cwd, "journal of main"));
    for (const file of ["journal.yaml", "*.yaml"]) await writeFile(join(cwd, file), "");
    const at = (...words: string[]) => offered(words, { cwd });
    const both = ["journal of main", "journal.yaml"];
    for (const option of [["--config"], ["-c"], ["--config", "="]])
      assert.deepEqual([...(await at("serve", ...option, "jour"))].sort(), both, option.join(" "));
    assert.equal((await at("serve", "--config", "=")).length, 3);
    assert.deepEqual(await at("serve", "--config", "*"), ["*.yaml"]);
    assert.deepEqual(await at("init", "--dir", "j"), ["journal of main"]);
    assert.deepEqual(await at("journal", "verify", "j"), ["journal of main"]);
    assert.deepEqual([...(await at("policy", "diff", "j"))].sort(), both);
    assert.deepEqual(await at("fetch", "--format", ""), ["creds", "json"]);
    assert.deepEqual(await at("fetch", "--url", "j"), []);
    assert.deepEqual(await at("completion", "z"), ["zsh"]);
    assert.ok((await at("exec", "--", "ech")).includes("echo"));
    assert.deepEqual(await at("exec", "--", "nats", "--config", "journal."), ["journal.yaml"]);
  },
);

test("bash says what the words mean when it is asked for the list", bash, async () => {
  const list = await offered(["journal", ""], { listing: true });
  assert.equal(list.length, 2);
  for (const line of list) assert.match(line, /^(tail|verify) +[A-Z].{20}/);
  assert.deepEqual(await offered(["journal", "t"], { listing: true }), ["tail"]);
});

test("every option that takes a file or a folder says so to the shell", () => {
  for (const { name, options } of COMMANDS) {
    for (const [option, { type, takes, describe }] of Object.entries(options)) {
      const where = `${name} --${option}`;
      if (type === "boolean") assert.equal(takes, undefined, where);
      else if (/\b(file|folder)\b/i.test(describe)) assert.ok(takes, where);
    }
  }
});

for (const shell of ["bash", "zsh", "fish"]) {
  test(`the script for ${shell} has every command and every option with what it means`, async (t) => {
    const script = await scriptFor(shell);
    const plain = script.replaceAll("'\\''", "'").replaceAll("\\", "");
    for (const { summary, options } of COMMANDS) {
      assert.ok(plain.includes(summary), summary);
      for (const [option, { describe }] of Object.entries(options)) {
        assert.ok(plain.includes(describe), describe);
        assert.ok(plain.includes(shell === "fish" ? `-l ${option}` : `--${option}`), option);
      }
    }
    if (!(await has(shell)))
      return t.diagnostic(`its syntax was not checked: there is no ${shell}`);
    const file = join(await makeDir(t), `script.${shell}`);
    await writeFile(file, script);
    await run(shell, ["-n", file], { limit_ms: 20_000 });
  });
}

test("without a shell that is known, completion is wrong usage", async () => {
  for (const words of [[], ["tcsh"], ["bash", "zsh"], ["constructor"]]) {
    const { code, out, err } = await runHere(["completion", ...words]);
    assert.deepEqual([code, out], [2, ""]);
    assert.match(err, /^nats-sts completion: say for which shell: bash, zsh, fish$/);
  }
});
