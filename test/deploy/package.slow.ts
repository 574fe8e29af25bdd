import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, test } from "node:test";
import { PROJECT, run } from "../support/project.ts";
import { makeDir } from "../support/service.ts";
import { dependencies, pack } from "./packed.ts";

const SLOW = { timeout: 240_000 };
const NPM_LIMIT_MS = 180_000;
const QUIET = ["--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"];

const packed = pack(await makeDir({ after }));

test(
  "the package holds the program, its types and its schemas, and nothing else",
  SLOW,
  async () => {
    const { files } = await packed;
    const compiled = files.filter((file) => file.startsWith("dist/src/"));
    assert.deepEqual(
      files.filter((file) => !compiled.includes(file)).sort(),
      [
        ...["CHANGELOG.md", "LICENSE", "README.md", "package.json"],
        ...["openapi/nats-sts.schema.json", "openapi/openapi.yaml", "openapi/policy.schema.json"],
        "openapi/policy-cases.schema.json",
      ].sort(),
    );
    assert.deepEqual(
      compiled.filter((file) => !/\.(js|d\.ts)$/.test(file)),
      [],
    );
    const sources = await readdir(join(PROJECT, "src"), { recursive: true });
    const expected = sources
      .filter((file) => file.endsWith(".ts"))
      .map((file) => `dist/src/${file.replaceAll("\\", "/").replace(/\.ts$/, ".js")}`);
    assert.deepEqual(compiled.filter((file) => file.endsWith(".js")).sort(), expected.sort());
  },
);

test(
  "the package installs into an empty folder without scripts and runs there",
  SLOW,
  async (t) => {
    const dir = await makeDir(t);
    const { tarball } = await packed;
    const options = { cwd: dir, limit_ms: NPM_LIMIT_MS };
    await run("npm", ["install", "--prefix", dir, ...QUIET, tarball], options);
    const bin = join(dir, "node_modules/.bin/nats-sts");
    const { version } = JSON.parse(await readFile(join(PROJECT, "package.json"), "utf8"));
    assert.equal((await run(bin, ["--version"], options)).trim(), version);
    assert.match(await run(bin, ["--help"], options), /Usage: nats-sts COMMAND/);
    // It needs its schemas beside it: they are copied for the editor.
    await run(bin, ["init", "--dir", "made"], options);
    assert.ok(existsSync(join(dir, "made/schema/policy.schema.json")));
    const { make } = await dependencies();
    for (const name of make)
      assert.ok(!existsSync(join(dir, "node_modules", name)), `${name} came along`);
  },
);
