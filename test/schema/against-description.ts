import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, test } from "node:test";
import { PROJECT } from "../support/project.ts";
import { startProvider } from "../support/provider.ts";
import { EVERYONE, makeAccount, makeDir, startService } from "../support/service.ts";
import { schemathesis } from "./schemathesis.ts";

// Run by `npm run test:schema`: it wants Python, and takes half a minute.
const DESCRIPTION = join(PROJECT, "openapi/openapi.yaml");

const scope = { after };
const dir = await makeDir(scope);
const find = await schemathesis(scope);
const provider = await startProvider(scope, { alg: "ES256" });
const service = await startService(scope, {
  provider,
  policy: EVERYONE,
  accounts: [await makeAccount(dir)],
  config: {
    explain: true,
    limits: { rate_per_address: "1000000/m", rate_per_identity: "1000000/m" },
  },
});
const token = await provider.token();

test("no request that the description leads to gets an answer that it does not know", async () => {
  assert.ok(typeof find !== "string", `this needs ${find}`);
  assert.equal(await find(DESCRIPTION, service.url, token), "");
  assert.equal((await service.ask(token)).status, 200); // recorded, and with it everything before
  const issued = (await service.journal()).filter(({ type }) => type === "credential.issued");
  assert.ok(issued.length > 50, `${issued.length} of its requests were good ones`);
  assert.doesNotMatch(service.logs().join("\n"), /unexpected failure/);
});

test("a description that says less than the service does is found out", async () => {
  assert.ok(typeof find !== "string", `this needs ${find}`);
  const text = await readFile(DESCRIPTION, "utf8");
  const less = join(dir, "openapi.yaml");
  await writeFile(less, text.replaceAll('"403":', '"404":'));
  assert.match(await find(less, service.url, token), /Undocumented status code/);
});
