import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmod, mkdir, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import * as nkeys from "@nats-io/nkeys";
import { type Owner, readSigner } from "../../src/keys/key-file.ts";
import { makeDir } from "../support/service.ts";

const uid = process.getuid?.() ?? 0;
const US: Owner = { uid };
const seedOf = (key: nkeys.KeyPair) => new TextDecoder().decode(key.getSeed());

interface Written {
  readonly mode?: number;
  readonly owner?: Owner;
}

/** Reads a file with this content: the fault, or undefined where there is none. */
async function faultOf(
  dir: string,
  content: string | Uint8Array,
  { mode = 0o600, owner = US }: Written = {},
): Promise<string | undefined> {
  const file = join(dir, "key.nk");
  await writeFile(file, content, { mode: 0o600 });
  await chmod(file, mode); // whatever the umask
  const read = await readSigner(file, owner);
  return "fault" in read ? read.fault : undefined;
}

test("an account seed is read, with white space around it of whatever kind", async (t) => {
  const dir = await makeDir(t);
  const key = nkeys.createAccount();
  const around: [string, string][] = [
    ["", ""],
    ["", "\n"],
    ["", "\r\n"],
    [" \t\n", " \n\n"],
  ];
  for (const [before, after] of around) {
    await writeFile(join(dir, "key.nk"), `${before}${seedOf(key)}${after}`, { mode: 0o600 });
    const read = await readSigner(join(dir, "key.nk"), US);
    assert.ok(!("fault" in read));
    assert.equal(read.public_key, key.getPublicKey());
    assert.ok(key.verify(Buffer.from("data"), await read.sign(Buffer.from("data"))));
  }
});

test("a key that this service must not hold, or cannot use, is refused by its kind and says what to do", async (t) => {
  const dir = await makeDir(t);
  const kinds = {
    "an operator": nkeys.createOperator,
    "a user": nkeys.createUser,
    "a server": nkeys.createServer,
    "a cluster": nkeys.createCluster,
    "a curve": nkeys.createCurve,
  };
  for (const [kind, make] of Object.entries(kinds)) {
    const seed = seedOf(make());
    const fault = (await faultOf(dir, seed)) ?? "accepted";
    assert.ok(fault.startsWith(`holds ${kind} key, which `), fault);
    assert.match(fault, /list an account signing key; make one with: nsc edit account /);
    assert.ok(!fault.includes(seed.slice(2, 20)));
  }
});

test("what is not one seed and nothing else is refused, and not repeated", async (t) => {
  const dir = await makeDir(t);
  const seed = seedOf(nkeys.createAccount());
  const contents: Record<string, string | Uint8Array> = {
    nothing: "",
    blanks: " \n\n",
    garbage: Buffer.from(Array.from({ length: 58 }, (_, i) => i * 4)),
    "two seeds": `${seed}\n${seedOf(nkeys.createAccount())}\n`,
    "a seed with a comment": `# key of ORDERS\n${seed}\n`,
    "a seed in quotes": `"${seed}"`,
    "a seed with a byte order mark": `\uFEFF${seed}`,
    "a seed in UTF-16": Buffer.from(seed, "utf16le"),
    "a seed in lower case": seed.toLowerCase(),
    "a seed cut short": seed.slice(0, -1),
    "a wrong checksum": seed.slice(0, -1) + (seed.endsWith("A") ? "E" : "A"),
    "a public key": nkeys.createAccount().getPublicKey(),
    "a private key": nkeys.createAccount().getPrivateKey(),
    "a key in PEM":
      "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA==\n-----END PRIVATE KEY-----\n",
    "the seed of a creds file": `-----BEGIN USER NKEY SEED-----\n${seed}\n------END USER NKEY SEED------\n`,
  };
  for (const [what, content] of Object.entries(contents)) {
    const fault = await faultOf(dir, content);
    assert.match(
      fault ?? what,
      /^must hold the seed of an account signing key .* nsc edit account/,
    );
    assert.ok(!fault?.includes(seed.slice(2, 20)), what);
  }
  const creds = `${`-----BEGIN NATS USER JWT-----\n${"x".repeat(1100)}`}\n${seed}\n`;
  assert.match(
    (await faultOf(dir, creds)) ?? "",
    /^is larger than 1024 bytes: .* not a creds file$/,
  );
});

test("a key that others may read, or anyone else may write, is refused and says the mode", async (t) => {
  const dir = await makeDir(t);
  const seed = seedOf(nkeys.createAccount());
  const refused: [number, RegExp][] = [
    [0o644, /^is open to everyone \(mode 0644\): chmod 0600$/],
    [0o604, /^is open to everyone \(mode 0604\): chmod 0600$/],
    [0o602, /^is open to everyone/],
    [0o601, /^is open to everyone/],
    [0o777, /^is open to everyone/],
    [0o660, /^can be changed by its group \(mode 0660\): chmod 0600$/],
    [0o620, /^can be changed by its group/],
    [0o640, /^can be read by its group \(mode 0640\): chmod 0600$/],
    [0o440, /^can be read by its group/],
  ];
  for (const [mode, fault] of refused)
    assert.match((await faultOf(dir, seed, { mode })) ?? "accepted", fault, mode.toString(8));
  for (const mode of [0o600, 0o400, 0o700])
    assert.equal(await faultOf(dir, seed, { mode }), undefined, mode.toString(8));
});

test("only root and we may own a key, and root's may be read through the group", async (t) => {
  const dir = await makeDir(t);
  const seed = seedOf(nkeys.createAccount());
  const stranger = { uid: uid + 1 };
  const { uid: owner } = await stat(dir);
  const by_stranger = await faultOf(dir, seed, { owner: stranger });
  const by_group = await faultOf(dir, seed, { owner: stranger, mode: 0o440 });
  if (owner === 0) {
    // What root owns is as Kubernetes hands out secrets.
    assert.deepEqual([by_stranger, by_group], [undefined, undefined]);
    const wide = [0o460, 0o444, 0o644].map((mode) => faultOf(dir, seed, { owner: stranger, mode }));
    for (const fault of await Promise.all(wide)) assert.notEqual(fault, undefined);
  } else {
    const foreign =
      "belongs to another user, who could change it: chown it to the user of this service";
    assert.deepEqual([by_stranger, by_group], [foreign, foreign]);
  }
});

test("a key of another user is refused", {
  skip: uid !== 0 && "needs root to give a file away",
}, async (t) => {
  const dir = await makeDir(t);
  const file = join(dir, "key.nk");
  await writeFile(file, seedOf(nkeys.createAccount()), { mode: 0o600 });
  execFileSync("chown", ["12345", file]);
  for (const owner of [0, 999])
    assert.deepEqual(await readSigner(file, { uid: owner }), {
      fault: "belongs to another user, who could change it: chown it to the user of this service",
    });
  assert.ok(!("fault" in (await readSigner(file, { uid: 12345 }))));
});

test("what is not a file is refused and never waited for; a link to one is followed", async (t) => {
  const dir = await makeDir(t);
  await mkdir(join(dir, "folder"));
  execFileSync("mkfifo", ["-m", "600", join(dir, "pipe")]);
  await writeFile(join(dir, "real"), seedOf(nkeys.createAccount()), { mode: 0o600 });
  await symlink(join(dir, "real"), join(dir, "link"));
  const faultAt = async (file: string) => {
    const read = await readSigner(file, US);
    return "fault" in read ? read.fault : undefined;
  };
  for (const file of [join(dir, "folder"), join(dir, "pipe"), "/dev/null", "/dev/zero"])
    assert.equal(await faultAt(file), "is not a file", file);
  assert.match(
    (await faultAt(join(dir, "none"))) ?? "",
    /^cannot be read \(ENOENT\): check the path/,
  );
  assert.equal(await faultAt(join(dir, "link")), undefined);
});
