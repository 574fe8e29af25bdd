import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { readWritten } from "../../src/config/index.ts";
import { makeDir } from "../support/service.ts";

test("a file is read as it is", async (t) => {
  const file = join(await makeDir(t), "a.yaml");
  const bytes = Buffer.from([0xff, 0, 0x0a, 0xe2]);
  await writeFile(file, bytes);
  assert.deepEqual(await readWritten(file), bytes);
});

test("what is not a file is refused and never waited for", async (t) => {
  const dir = await makeDir(t);
  execFileSync("mkfifo", [join(dir, "pipe")]);
  const server = createServer().listen(join(dir, "socket"));
  t.after(() => server.close());
  assert.deepEqual(await readWritten(join(dir, "pipe")), { fault: "is not a file" });
  assert.deepEqual(await readWritten("/dev/zero"), { fault: "is not a file" });
  assert.deepEqual(await readWritten(dir), { fault: "is not a file" });
  assert.deepEqual(await readWritten(join(dir, "socket")), { fault: "cannot be read (ENXIO)" });
  assert.deepEqual(await readWritten(join(dir, "none")), { fault: "cannot be read (ENOENT)" });
  assert.deepEqual(await readWritten("a\0b"), { fault: "cannot be read (ERR_INVALID_ARG_VALUE)" });
});

test("a file of 20 MB is refused without being read", async (t) => {
  const file = join(await makeDir(t), "a.yaml");
  await writeFile(file, Buffer.alloc(20_000_000));
  assert.deepEqual(await readWritten(file), { fault: "is larger than 16777216 bytes" });
});
