import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { metricsPage } from "../src/metrics/index.ts";
import { PROJECT } from "../test/support/project.ts";
import { contracts } from "./contracts.ts";

for (const { name, text } of await contracts()) {
  await writeFile(join(PROJECT, "openapi", name), text);
}
await writeFile(join(PROJECT, "docs/metrics.md"), metricsPage());
