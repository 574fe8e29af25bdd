import assert from "node:assert/strict";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { createServer } from "@nats-io/nkeys";
import type { Scope } from "../support/project.ts";
import { makeDir } from "../support/service.ts";
import { goodConfig, runHere, runProgram } from "./support.ts";

const NOT_CHECKED =
  "Not checked: whether all of it was written anew, or its end cut off. --heads FILE checks that.";

/** The journal of a service that was started and stopped. */
async function journal(scope: Scope): Promise<{ dir: string; segment: string }> {
  const { dir, file } = await goodConfig(scope);
  for (let starts = 0; starts < 2; starts++)
    assert.equal((await runHere(["serve", "--config", file])).code, 0);
  const folder = join(dir, "journal");
  const [first = ""] = (await readdir(join(folder, "main"))).filter((n) => n.endsWith(".jsonl"));
  return { dir: folder, segment: join(folder, "main", first) };
}

test("a journal that is whole is told with its head, by folder or by writer", async (t) => {
  const { dir } = await journal(t);
  for (const named of [dir, join(dir, "main")]) {
    const { code, out, err } = await runHere(["journal", "verify", named]);
    assert.deepEqual([code, err], [0, ""]);
    const [line, ...more] = out.split("\n");
    assert.match(
      line ?? "",
      /^main: ok, \d+ events \(1 to \d+\) in \d+ segments?, head [0-9a-f]{64}$/,
    );
    assert.deepEqual(more, [NOT_CHECKED]);
  }
  const { code, out } = await runProgram(t, ["journal", "verify", "journal"], {
    cwd: join(dir, ".."),
  });
  assert.equal(code, 0);
  assert.match(out, /^main: ok/);
});

test("a journal that was changed is broken, at the line where it shows", async (t) => {
  const { dir, segment } = await journal(t);
  const text = await readFile(segment, "utf8");
  await writeFile(segment, text.replace('"policy.loaded"', '"policy.leaded"'));
  const { code, out, err } = await runHere(["journal", "verify", dir]);
  assert.equal(code, 1);
  assert.match(out, /^main: BROKEN, /);
  assert.match(err, /main\/\d{16}\.jsonl:\d+: /);
  assert.match(out, /^ {2}whole up to event \d+: what comes after it may be anything$/m);
  assert.match(err, /What to do:\n {2}1\. Keep a copy/);
});

test("heads that were kept vouch for a journal, as a file or as the log of the service", async (t) => {
  const { file } = await goodConfig(t, {
    journal: { dir: "journal", heads: { file: "heads.jsonl" } },
  });
  const dir = join(file, "..");
  const { code: ended, err: log } = await runHere(["serve", "--config", file]);
  assert.equal(ended, 0);
  await writeFile(join(dir, "service.log"), log);
  const key = /"key":"(N\w+)"/.exec(log)?.[1] ?? "";
  for (const heads of ["heads.jsonl", "service.log"]) {
    const args = ["journal", "verify", "journal", "--heads", heads];
    const named = await runHere([...args, "--head-key", key], { cwd: dir });
    assert.deepEqual([named.code, named.err], [0, ""]);
    assert.match(
      named.out,
      /\d+ heads? fit; the newest, of \S+, vouches for all up to event \d+, the last$/,
    );
    const unnamed = await runHere(args, { cwd: dir });
    assert.equal(unnamed.code, 0);
    assert.match(
      unnamed.out,
      new RegExp(`signed by ${key}\\. Not checked: whether that is the key of this service`),
    );
  }
});

test("a journal that was replaced is found by the heads of the one before, with the line of the head", async (t) => {
  const { file } = await goodConfig(t, {
    journal: { dir: "journal", heads: { file: "heads.jsonl" } },
  });
  const dir = join(file, "..");
  assert.equal((await runHere(["serve", "--config", file])).code, 0);
  await rename(join(dir, "heads.jsonl"), join(dir, "kept.jsonl"));
  await rm(join(dir, "journal"), { recursive: true });
  assert.equal((await runHere(["serve", "--config", file])).code, 0);
  const ran = await runHere(["journal", "verify", "journal", "--heads", "kept.jsonl"], {
    cwd: dir,
  });
  assert.equal(ran.code, 1);
  assert.match(ran.out, /^main: BROKEN/);
  assert.match(ran.err, /kept\.jsonl:\d+: event \d+ (is not the one that|was) .*signed/);
});

test("a service whose journal was replaced does not start, and says what to do", async (t) => {
  const { file } = await goodConfig(t, {
    journal: { dir: "journal", heads: { file: "heads.jsonl", key_file: "head.nk" } },
  });
  const dir = join(file, "..");
  await writeFile(join(dir, "head.nk"), createServer().getSeed(), { mode: 0o600 });
  assert.equal((await runHere(["serve", "--config", file])).code, 0);
  await rm(join(dir, "journal"), { recursive: true });
  const { code, err } = await runHere(["serve", "--config", file]);
  assert.equal(code, 1);
  assert.match(err, /ends at event 0, but event \d+ was signed at .*restore the newest copy/);
});

test("heads that are not there, or keys that are none, are wrong usage", async (t) => {
  const { dir } = await journal(t);
  const table: [string[], RegExp][] = [
    [["--heads", "none"], /none cannot be read \(ENOENT\)/],
    [["--head-key", createServer().getPublicKey()], /--head-key needs --heads/],
    [["--heads", "none", "--head-key", "NABC"], /NABC is not the public key of a server/],
  ];
  for (const [args, says] of table) {
    const ran = await runHere(["journal", "verify", dir, ...args], { cwd: dir });
    assert.equal(ran.code, 2);
    assert.match(ran.err, says);
  }
});

test("a folder without a journal is not whole", async (t) => {
  const dir = await makeDir(t);
  const { code, out, err } = await runHere(["journal", "verify", dir]);
  assert.deepEqual([code, out, err], [1, "", `${dir}: holds no journal`]);
});

test("no folder, several, or one that cannot be read is wrong usage", async (t) => {
  const dir = await makeDir(t);
  await mkdir(join(dir, "a"));
  await writeFile(join(dir, "file"), "");
  const one = "nats-sts journal verify: name one folder, such as ./data/journal";
  const table: [string[], string][] = [
    [[], one],
    [["a", "a"], one],
    [["none"], "nats-sts journal verify: none cannot be read (ENOENT)"],
    [["file"], "nats-sts journal verify: file cannot be read (ENOTDIR)"],
  ];
  for (const [operands, said] of table) {
    const ran = await runHere(["journal", "verify", ...operands], { cwd: dir });
    assert.deepEqual(ran, { code: 2, out: "", err: said });
  }
});
