import { setFlagsFromString, writeHeapSnapshot } from "node:v8";

/**
 * Loaded before the service, in the one test that looks into its memory. It does two things that the
 * program itself cannot do and must not be able to: on SIGUSR2 it writes what is on the heap, and its
 * clock stands still at the time for which the tables of tokens were written.
 */
const { SWEEP_NOW_S = "", SWEEP_HEAP_FILE = "" } = process.env;

/** Proves that the search would find what is there: "a text that is on the heap". */
const SAMPLE = "6120746578742074686174206973206f6e207468652068656170";
const kept = { sample: Buffer.from(SAMPLE, "hex").toString("latin1") };

setFlagsFromString("--heap-snapshot-string-limit=1000000"); // else strings are cut at 1,024
Date.now = () => Number(SWEEP_NOW_S) * 1000;
process.on("SIGUSR2", () => {
  writeHeapSnapshot(SWEEP_HEAP_FILE); // collects garbage first
  process.stderr.write(`{"msg":"heap written","of":${Object.keys(kept).length}}\n`);
});
