import assert from "node:assert/strict";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { makeFolders } from "../../src/config/index.ts";

async function tempDir(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "folders-"));
  t.after(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

test("what is missing is made from the top, for its owner alone, and told", async (t) => {
  const dir = await tempDir(t);
  const [a, b] = [join(dir, "a"), join(dir, "a/b")];
  assert.deepEqual(await makeFolders(b), [a, b]);
  for (const made of [a, b]) assert.equal((await stat(made)).mode & 0o777, 0o700);
  assert.deepEqual(await makeFolders(b), []);
});

test("of several who make the same at once, each finds it there", async (t) => {
  const path = join(await tempDir(t), "a/b/c/d");
  const all = await Promise.all(Array.from({ length: 8 }, () => makeFolders(path)));
  assert.equal(all.flat().length, 4);
});

test("what is in the way, or takes no folders, ends it at once, and what was made before is told", async (t) => {
  const dir = await tempDir(t);
  await writeFile(join(dir, "file"), "");
  await assert.rejects(makeFolders(join(dir, "file")), { code: "ENOTDIR" });
  await assert.rejects(makeFolders(join(dir, "file/x")), { code: "ENOTDIR" });
  const made: string[] = [];
  const long = join(dir, "a", "x".repeat(300));
  await assert.rejects(makeFolders(join(long, "b"), made), { code: "ENAMETOOLONG" });
  await assert.rejects(makeFolders("/proc/nobody/x"), /ENOENT|EACCES|EROFS|EPERM/);
});
