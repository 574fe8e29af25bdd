import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { run } from "./support/project.ts";
import { makeDir } from "./support/service.ts";

const BENCH = fileURLToPath(new URL("../bench/bench.js", import.meta.url));

test("the benchmark measures every contender and writes what it found", {
  timeout: 180_000,
}, async (t) => {
  const results = await makeDir(t);
  const short = ["--seconds", "3", "--rounds", "1", "--tokens", "100"];
  const said = await run(process.execPath, [BENCH, ...short, "--results", results], {
    limit_ms: 150_000,
  });
  assert.match(said, /nats-sts +[\d,]+ /);
  const report = JSON.parse(await readFile(join(results, "bench.json"), "utf8"));
  // How fast this machine is while other tests run is not for a test to say.
  for (const { name, per_s } of report.rows) assert.ok(per_s > 0, name);
  assert.match(said, /A decision takes .* with 10 rules and .* with 10,000: [\d.]+ times as much/);
  const { small, large, cost_ratio } = report.decide;
  assert.deepEqual([small.rules, large.rules], [10, 10_000]);
  // Both are measured in turns, so that this holds on a busy machine as well; without an index it is 100.
  assert.ok(cost_ratio > 0 && cost_ratio < 5, `${cost_ratio}`);
  assert.match(said, /By other rules: like [\d.]+ times, /);
  for (const { shape, cost_ratio: ratio } of report.decide.others)
    assert.ok(ratio > 0 && ratio < 5, `${shape}: ${ratio}`);
  const plot = await readFile(join(results, "bench.svg"), "utf8");
  assert.match(plot, /prefers-color-scheme: dark/);
  for (const { name } of report.rows) assert.ok(plot.includes(name), name);
});

test("the benchmark refuses what it cannot measure", { timeout: 30_000 }, async () => {
  const asked = run(process.execPath, [BENCH, "--seconds", "0"], { limit_ms: 20_000 });
  await assert.rejects(asked, /--seconds must be a whole number from 1 to 20/);
});
