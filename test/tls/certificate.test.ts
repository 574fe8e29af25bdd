import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { chmod, readFile, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { test } from "node:test";
import { inspect } from "node:util";
import { parseConfig, type Seen } from "../../src/config/index.ts";
import { type Certificates, loadCertificates } from "../../src/tls/index.ts";
import { goodConfig, runHere } from "../cli/support.ts";
import { makeCertificate } from "../support/certificate.ts";
import { makeDir } from "../support/service.ts";
import { putCertificate, tlsIn } from "../support/tls-files.ts";

const authority = makeCertificate({ name: "authority" });
const server = makeCertificate({ name: "server", by: authority });
const OWNER = { uid: process.getuid?.() ?? 0 };

/** Too weak for every version of OpenSSL that Node brings. */
const WEAK = generateKeyPairSync("ec", { namedCurve: "secp112r1" });
const encrypted = authority.private_key
  .export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "x" })
  .toString();

/** What is written into which file, and what is said of it. */
const FAULTS: Readonly<Record<string, readonly [file: string, text: string, said: string]>> = {
  "no certificate": ["cert.pem", "", "must hold certificates in PEM and nothing else"],
  "something else in PEM": [
    "cert.pem",
    "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
    "must hold certificates in PEM and nothing else",
  ],
  "a certificate in DER": ["cert.pem", "0\x82", "must hold certificates in PEM and nothing else"],
  "half a certificate": [
    "cert.pem",
    server.cert.slice(0, 300),
    "must hold certificates in PEM and nothing else",
  ],
  "a certificate that is garbled": [
    "cert.pem",
    server.cert.replace("MII", "AAA"),
    "holds a certificate that cannot be read",
  ],
  "the key beside the certificate": [
    "cert.pem",
    `${server.cert}${server.key}`,
    "holds a private key: keep it in key_file alone",
  ],
  "the chain the wrong way round": [
    "cert.pem",
    `${authority.cert}${server.cert}`,
    "must begin with the certificate of the key, its issuers after it",
  ],
  "the key of another certificate": ["key.pem", authority.key, "does not fit the certificate"],
  "no key": ["key.pem", "x", "must hold a private key in PEM"],
  "the certificate as the key": ["key.pem", server.cert, "must hold a private key in PEM"],
  "an encrypted key": [
    "key.pem",
    encrypted,
    "is encrypted, and there is no way to give its passphrase: store it decrypted, mode 0600",
  ],
  "a key file that is too large": [
    "key.pem",
    "x".repeat(70_000),
    "is larger than 65536 bytes: a file with one private key is meant",
  ],
  "no authority, where Node would believe those of the web": [
    "callers.pem",
    "# none yet\n",
    "must hold certificates in PEM and nothing else",
  ],
  "a certificate of no authority": [
    "callers.pem",
    server.cert,
    "holds a certificate that is of no authority",
  ],
};

/** A configuration with TLS, and every file that it names in order. */
async function written(t: Parameters<typeof makeDir>[0]) {
  const dir = await makeDir(t);
  await putCertificate(dir, server);
  await writeFile(join(dir, "callers.pem"), authority.cert);
  const { file } = await goodConfig(t, { tls: tlsIn(dir, "callers.pem") });
  const lines = (await readFile(file, "utf8")).split("\n");
  const placeOf = (name: string) =>
    `${file}:${lines.findIndex((line) => line.includes(name)) + 1}:`;
  const check = () => runHere(["check", "--config", file]);
  return { dir, file, placeOf, check };
}

for (const [what, [name, text, said]] of Object.entries(FAULTS)) {
  test(`${what} is a fault at the line that names the file`, async (t) => {
    const { dir, placeOf, check } = await written(t);
    await writeFile(join(dir, name), text);
    const { code, err } = await check();
    assert.equal(code, 1);
    assert.ok(err.startsWith(placeOf(name)), err);
    assert.ok(err.endsWith(`${join(dir, name)} ${said}\n1 fault`), err);
  });
}

test("files that are not there are told together", async (t) => {
  const { dir, check } = await written(t);
  for (const name of ["cert.pem", "key.pem", "callers.pem"]) await rm(join(dir, name));
  const { code, err } = await check();
  assert.equal(code, 1);
  assert.match(
    err,
    /cert\.pem cannot be read \(ENOENT\)\n.*key\.pem cannot be read \(ENOENT\).*\n.*callers\.pem cannot be read \(ENOENT\)\n3 faults$/,
  );
});

test("a private key that others can read is refused, as a signing key is", async (t) => {
  const { dir, placeOf, check } = await written(t);
  for (const mode of [0o644, 0o640, 0o620]) {
    await chmod(join(dir, "key.pem"), mode);
    const { code, err } = await check();
    assert.equal(code, 1);
    assert.ok(err.startsWith(placeOf("key.pem")), err);
    assert.match(err, new RegExp(`\\(mode 0${mode.toString(8)}\\): chmod 0600\\n1 fault$`));
  }
});

test("a key that TLS cannot use is a fault before a handshake finds out", async (t) => {
  const { dir, check } = await written(t);
  const { cert, key } = makeCertificate({ name: "weak", pair: WEAK });
  await putCertificate(dir, { cert, key });
  const { code, err } = await check();
  assert.equal(code, 1);
  assert.match(err, /cert\.pem cannot be used for TLS \(ee key too small\)\n1 fault$/);
});

test("a certificate that has expired or is yet to begin is a warning at its line", async (t) => {
  const { dir, placeOf, check } = await written(t);
  const late = makeCertificate({ name: "late", by: authority, until: "20210101000000Z" });
  const early = makeCertificate({ name: "early", by: authority, from: "20980101000000Z" });
  for (const [made, said] of [
    [late, "has expired at 2021-01-01T00:00:00.000Z"],
    [early, "is not valid before 2098-01-01T00:00:00.000Z"],
  ] as const) {
    await putCertificate(dir, made);
    const { code, out, err } = await check();
    assert.equal(code, 0);
    assert.match(out, /: ok \(/);
    assert.ok(err.startsWith(placeOf("cert.pem")), err);
    assert.ok(err.endsWith(`: warning: ${join(dir, "cert.pem")} ${said}`), err);
  }
});

test("a chain lasts as long as the first of its certificates, and each file is looked at again", async (t) => {
  const { dir, file } = await written(t);
  const short = makeCertificate({
    name: "short",
    by: authority,
    ca: true,
    until: "20300101000000Z",
  });
  const { cert, key } = makeCertificate({ name: "leaf", by: short });
  await putCertificate(dir, { cert: `leaf of short\n${cert}\n${short.cert}`, key });
  const seen: Seen[] = [];
  const loaded = await load(file, (each) => void seen.push(each));
  assert.equal(loaded.listen?.not_after, Date.UTC(2030, 0, 1) / 1000);
  assert.equal(loaded.metrics_listen, undefined);
  const named = seen.map(({ file: seen_file, kind }) => `${basename(seen_file)} ${kind}`).sort();
  assert.deepEqual(named, ["callers.pem written", "cert.pem written", "key.pem secret"]);
});

test("nothing that is loaded shows the private key when it is printed", async (t) => {
  const { file } = await written(t);
  const loaded = await load(file);
  const inside = server.key.split("\n")[1] ?? "none";
  assert.ok(String(loaded.listen?.context().key).includes(inside), "it is there");
  const printed = inspect(loaded, { depth: 9, showHidden: true }) + JSON.stringify(loaded);
  assert.ok(!printed.includes(inside));
});

const load = async (file: string, see?: (seen: Seen) => void): Promise<Certificates> =>
  loadCertificates(parseConfig(await readFile(file), file), OWNER, see);
