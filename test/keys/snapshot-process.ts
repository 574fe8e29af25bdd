import { readFileSync } from "node:fs";
import { writeHeapSnapshot } from "node:v8";
import { parseConfig } from "../../src/config/index.ts";
import { loadKeyRing } from "../../src/keys/index.ts";

/** Proves that the search would find what is there: "a text that is on the heap". */
const SAMPLE = "6120746578742074686174206973206f6e207468652068656170";

/** Loads the key ring of a configuration, signs with it, and writes what is on the heap then. */
const [config_file = "", snapshot_file = ""] = process.argv.slice(2);
const loaded = parseConfig(readFileSync(config_file, "utf8"), config_file);
const ring = await loadKeyRing(loaded, { uid: process.getuid?.() ?? 0 });
const signature = await ring.active("A")?.sign(Buffer.from("data"));
const kept = { ring, signature, sample: Buffer.from(SAMPLE, "hex").toString("latin1") };
writeHeapSnapshot(snapshot_file);
console.log(Object.keys(kept).length);
