import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { PROJECT } from "../support/project.ts";
import { reference } from "../support/reference.ts";

test("vectors.json is what the Go library makes of inputs.json", async (t) => {
  const read = (name: string) => readFile(join(PROJECT, "test/reference", name), "utf8");
  const made = await reference("vectors", await read("inputs.json"));
  if (made === undefined) return t.skip("there is no Go");
  assert.deepEqual(JSON.parse(made), JSON.parse(await read("vectors.json")));
});
