import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PROJECT } from "../test/support/project.ts";
import { contracts } from "./contracts.ts";

for (const { name, text } of await contracts()) {
  await writeFile(join(PROJECT, "openapi", name), text);
}
