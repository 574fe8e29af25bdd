import assert from "node:assert/strict";
import {
  chmod,
  mkdir,
  readdir,
  readFile,
  stat,
  symlink,
  utimes,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { type Held, proveWritable, readCreds, writeCreds } from "../../src/client/index.ts";
import { makeDir } from "../support/service.ts";
import { makeSigner, oldCreds, START_S } from "./support.ts";

const signer = makeSigner();
const modeOf = async (file: string) => (await stat(file)).mode & 0o777;

test("a creds file is for its owner alone, also in place of one that was not", async (t) => {
  const file = join(await makeDir(t), "app.creds");
  await writeCreds(file, "one");
  assert.equal(await modeOf(file), 0o600);
  await chmod(file, 0o644);
  await writeCreds(file, "two");
  assert.equal(await modeOf(file), 0o600);
  assert.equal(await readFile(file, "utf8"), "two");
});

test("who reads while it is written sees the old text or the new one, never a part", async (t) => {
  const dir = await makeDir(t);
  const file = join(dir, "app.creds");
  const texts = ["a".repeat(5000), "b".repeat(4000)];
  await writeCreds(file, texts[0] ?? "");
  let writing = true;
  const seen = new Set<string>();
  const reader = (async () => {
    while (writing) seen.add(await readFile(file, "utf8"));
  })();
  for (let i = 0; i < 50; i++) await writeCreds(file, texts[i % 2] ?? "");
  writing = false;
  await reader;
  assert.ok(seen.size > 0);
  for (const text of seen) assert.ok(texts.includes(text), `a part of ${text.length} bytes`);
  assert.deepEqual(await readdir(dir), ["app.creds"]); // Nothing lies about.
});

test("where nothing can be written the old file stays and nothing lies about", async (t) => {
  const dir = await makeDir(t);
  const [nowhere, below] = [join(dir, "no", "app.creds"), join(dir, "file", "app.creds")];
  await writeFile(join(dir, "file"), "");
  for (const each of [proveWritable, (file: string) => writeCreds(file, "x")]) {
    const [missing, file] = [join(dir, "no"), join(dir, "file")];
    await assert.rejects(each(nowhere), {
      message: `${nowhere} cannot be written: the folder ${missing} does not exist`,
    });
    await assert.rejects(each(below), {
      message: `${below} cannot be written: ${file} is not a folder`,
    });
  }
  await proveWritable(join(dir, "app.creds"));
  const folder = join(dir, "folder");
  await mkdir(folder);
  await assert.rejects(writeCreds(folder, "x"), /is not a plain file/);
  assert.deepEqual((await readdir(dir)).sort(), ["file", "folder"]);
});

test("a link or a device is never replaced by a file", async (t) => {
  const dir = await makeDir(t);
  const link = join(dir, "link");
  await symlink("target", link);
  await assert.rejects(writeCreds(link, "x"), /is not a plain file/);
  await assert.rejects(writeCreds("/dev/null", "x"), /is not a plain file/);
  assert.deepEqual(await readdir(dir), ["link"]);
});

test("a creds file gives back its user key and its times", async (t) => {
  const file = join(await makeDir(t), "app.creds");
  const { key, text } = await oldCreds(signer, START_S, 600);
  await writeCreds(file, text);
  const held = (await readCreds(file)) as Held; // checked below
  assert.deepEqual(held.key, key);
  assert.deepEqual([held.issued_at, held.expires_at], [START_S, START_S + 600]);
  assert.equal(held.from_ms, START_S * 1000);
  // By a clock that is behind that of the service, it was written before it was issued.
  await utimes(file, START_S - 300, START_S - 300);
  assert.equal(((await readCreds(file)) as Held).from_ms, (START_S - 300) * 1000);
});

test("what is no whole creds file of ours is said to be none, and never thrown", async (t) => {
  const file = join(await makeDir(t), "app.creds");
  assert.deepEqual(await readCreds(file), { none: "there is none yet" });
  const { text, key } = await oldCreds(signer, START_S);
  const other = await oldCreds(signer, START_S);
  const wrong = [
    ...["", "hello", text.slice(0, 300), text.slice(0, -200)],
    text.replace(key.seed, other.key.seed),
    text.replace(key.seed, `${key.seed.slice(0, -1)}${key.seed.endsWith("A") ? "B" : "A"}`),
    text.replace(/ey(\w{10})\w/, "ey$1_"),
    `${text}${" ".repeat(70_000)}`,
  ];
  for (const each of wrong) {
    await writeFile(file, each, { mode: 0o600 });
    assert.deepEqual(await readCreds(file), { none: "it is not a creds file" }, each.slice(0, 40));
  }
});

test("a user key that others could read is not kept", async (t) => {
  const file = join(await makeDir(t), "app.creds");
  await writeCreds(file, (await oldCreds(signer, START_S)).text);
  await chmod(file, 0o640);
  assert.deepEqual(await readCreds(file), {
    none: "others can read its key, so it gets a new one",
  });
});
