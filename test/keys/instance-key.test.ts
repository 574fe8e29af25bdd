import assert from "node:assert/strict";
import { chmod, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { createAccount, createServer, fromPublic, fromSeed } from "@nats-io/nkeys";
import { instanceKey, makeInstanceKey } from "../../src/keys/index.ts";
import { makeDir } from "../support/service.ts";

const owner = { uid: process.getuid?.() ?? 0 };

test("a key is made once, for its owner alone, and other tools read it", async (t) => {
  const dir = await makeDir(t);
  const file = join(dir, "head.nk");
  await Promise.all([makeInstanceKey(file), makeInstanceKey(file), makeInstanceKey(file)]);
  assert.deepEqual(await readdir(dir), ["head.nk"]);
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  const signer = await instanceKey(file, owner);
  assert.ok("sign" in signer);
  assert.match(signer.public_key, /^N[A-Z2-7]{55}$/);
  assert.equal(fromSeed(await readFile(file)).getPublicKey(), signer.public_key);
  const data = Buffer.from("head");
  assert.ok(fromPublic(signer.public_key).verify(data, await signer.sign(data)));
});

test("a key that stays is never replaced", async (t) => {
  const file = join(await makeDir(t), "head.nk");
  const key = createServer();
  await writeFile(file, key.getSeed(), { mode: 0o600 });
  await makeInstanceKey(file);
  const signer = await instanceKey(file, owner);
  assert.ok("sign" in signer);
  assert.equal(signer.public_key, key.getPublicKey());
});

test("a key of another kind, none, or one that others can read is refused without its text", async (t) => {
  const dir = await makeDir(t);
  const file = join(dir, "head.nk");
  assert.deepEqual(await instanceKey(file, owner), {
    fault: "cannot be read (ENOENT): check the path and its permissions",
    missing: true,
  });
  const seed = createAccount().getSeed();
  await writeFile(file, seed, { mode: 0o600 });
  const wrong = await instanceKey(file, owner);
  assert.ok("fault" in wrong);
  assert.match(wrong.fault, /^must hold the seed of a server key .* nk -gen server$/);
  assert.ok(!wrong.fault.includes(Buffer.from(seed).toString().slice(4, 20)));
  await writeFile(file, createServer().getSeed());
  await chmod(file, 0o644);
  const open = await instanceKey(file, owner);
  assert.ok("fault" in open && /open to everyone/.test(open.fault));
});
