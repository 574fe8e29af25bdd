import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { configPage } from "../src/config/index.ts";
import { providersPage } from "../src/identity/index.ts";
import { metricsPage } from "../src/metrics/index.ts";
import { fieldsPage, lintPage } from "../src/policy/index.ts";
import { intentsPage } from "../test/clients/intents/page.ts";
import { PROJECT } from "../test/support/project.ts";
import { contracts } from "./contracts.ts";

for (const { name, text } of await contracts()) {
  await writeFile(join(PROJECT, "openapi", name), text);
}
const PAGES: Readonly<Record<string, () => string>> = {
  configuration: configPage,
  intents: intentsPage,
  metrics: metricsPage,
  "policy-fields": fieldsPage,
  "policy-lint": lintPage,
  providers: providersPage,
};
for (const [name, page] of Object.entries(PAGES))
  await writeFile(join(PROJECT, `docs/${name}.md`), page());
