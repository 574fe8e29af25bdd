import { writeSync } from "node:fs";
import { openJournal } from "../../src/journal/index.ts";
import { issued, options } from "./support.ts";

// Records without end, twenty at a time, and says what was acknowledged, until it is killed.
const [, , dir = "", run = ""] = process.argv;
const journal = await openJournal(options(dir, { segment_bytes: 256 * 1024, now: Date.now }));
let next = 0;
await Promise.all(
  Array.from({ length: 20 }, async () => {
    for (;;) {
      const id = `${run}-${next++}`;
      await journal.record(issued(id));
      writeSync(1, `${id}\n`);
    }
  }),
);
