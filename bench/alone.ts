import { generateKeyPairSync, sign, verify } from "node:crypto";
import { closeSync, fdatasyncSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";

/**
 * What the machine can do without a service, on the same core: a program of its own, so that it has
 * the same caches and the same collector as the servers. Prints one line of JSON.
 */
const [what = "", seconds = "1", folder = "."] = process.argv.slice(2);

/** Bytes of a token's signed part, and of the claims that are signed. */
const TOKEN = Buffer.alloc(900, "a");
const CLAIMS = Buffer.alloc(900, "b");

/** Nothing but what no implementation can leave out: verify RS256, make an Ed25519 key, sign with another. */
function cryptography(): () => void {
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const account = generateKeyPairSync("ed25519").privateKey;
  const signature = sign("sha256", TOKEN, rsa.privateKey);
  // As a JWK: the seed has to leave with the answer. The types do not know this encoding.
  const jwk = { publicKeyEncoding: { format: "jwk" }, privateKeyEncoding: { format: "jwk" } };
  return () => {
    if (!verify("sha256", TOKEN, rsa.publicKey, signature)) throw new Error("does not verify");
    generateKeyPairSync("ed25519", jwk as never);
    sign(null, CLAIMS, account);
  };
}

/** One line of a journal, made durable. */
function flush(): () => void {
  const file = openSync(join(folder, "flush.jsonl"), "w");
  const line = Buffer.alloc(1_000, "c");
  process.once("exit", () => closeSync(file));
  return () => {
    writeSync(file, line);
    fdatasyncSync(file);
  };
}

function timed(work: () => void, limit_ms: number) {
  const took_ms: number[] = [];
  const before = process.cpuUsage();
  const from = performance.now();
  for (let at = from; at - from < limit_ms; ) {
    work();
    const now = performance.now();
    took_ms.push(now - at);
    at = now;
  }
  const { user, system } = process.cpuUsage(before); // microseconds
  const sorted = Float64Array.from(took_ms).sort();
  const at = (q: number) => sorted[Math.floor(sorted.length * q)] ?? 0;
  return {
    per_s: (sorted.length / limit_ms) * 1000,
    p50_ms: at(0.5),
    p99_ms: at(0.99),
    cpu_us: (user + system) / sorted.length,
    busy: (user + system) / limit_ms / 1000,
  };
}

const work = what === "flush" ? flush() : cryptography();
timed(work, 200); // until it is compiled
console.log(JSON.stringify(timed(work, Number(seconds) * 1000)));
