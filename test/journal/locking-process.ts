import { once } from "node:events";
import { lockFolder } from "../../src/journal/lock.ts";

// Waits for a line, tries to take the folder, says how that went, and stays until it is killed.
const [, , folder = ""] = process.argv;
process.stdout.write("ready\n");
await once(process.stdin, "data");
try {
  await lockFolder(folder);
  process.stdout.write("won\n");
} catch (error) {
  const lost = error instanceof Error && error.name === "JournalStartError";
  process.stdout.write(lost ? "lost\n" : `${error}\n`);
}
