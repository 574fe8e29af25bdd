import assert from "node:assert/strict";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import type { Scope } from "../support/project.ts";
import { makeDir } from "../support/service.ts";
import { goodConfig, runHere, runProgram } from "./support.ts";

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
    assert.match(out, /^main: ok, \d+ events \(1 to \d+\) in \d+ segments?, head [0-9a-f]{64}$/);
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
