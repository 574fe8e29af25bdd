import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { Compile } from "typebox/compile";
import { parse } from "yaml";
import { PROJECT } from "../support/project.ts";

interface Schema {
  readonly $schema: string;
  readonly $id: string;
  readonly title: string;
  readonly required: readonly string[];
  readonly properties: Readonly<Record<string, object>>;
}

const readSchema = async (name: string): Promise<Schema> =>
  JSON.parse(await readFile(join(PROJECT, "openapi", name), "utf8"));
const config = await readSchema("nats-sts.schema.json");
const policy = await readSchema("policy.schema.json");

const MINIMAL = {
  issuers: [{ name: "corp", url: "https://idp.test", preset: "generic", audience: "nats-sts" }],
  policy: "policy.yaml",
  accounts: [{ name: "A", public_key: `A${"A".repeat(55)}`, signing_keys: [{ file: "a.nk" }] }],
  journal: { dir: "journal" },
};

test("a schema for editors says what it is", () => {
  for (const [{ $schema, $id, title }, name] of [
    [config, "nats-sts"],
    [policy, "policy"],
  ] as const) {
    assert.equal($schema, "http://json-schema.org/draft-07/schema#");
    assert.equal($id, `${name}.schema.json`);
    assert.match(title, /^nats-sts /);
  }
});

test("what has a default need not be written, and what has none must be", () => {
  assert.deepEqual([...config.required].sort(), ["accounts", "issuers", "journal", "policy"]);
  const check = Compile({ ...config });
  assert.ok(check.Check(MINIMAL));
  for (const key of config.required) assert.ok(!check.Check({ ...MINIMAL, [key]: undefined }), key);
  const defaulted = Object.values(config.properties).filter((property) => "default" in property);
  assert.ok(defaulted.length > 5);
});

test("an unknown key is a fault in an editor, too", () => {
  const check = Compile({ ...config });
  assert.ok(!check.Check({ ...MINIMAL, lisen: "127.0.0.1:8080" }));
  assert.ok(!check.Check({ ...MINIMAL, limits: { body_byte: 1 } }));
  assert.ok(!Compile({ ...policy }).Check({ version: 1, rules: [], role: {} }));
});

test("the policies of the project fit the schema", async () => {
  const check = Compile({ ...policy });
  const files = (await readdir(join(PROJECT, "demo"))).filter((name) =>
    name.endsWith("policy.yaml"),
  );
  assert.ok(files.length > 0);
  for (const name of files)
    assert.ok(check.Check(parse(await readFile(join(PROJECT, "demo", name), "utf8"))), name);
});
