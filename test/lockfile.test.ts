import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { PROJECT } from "./support/project.ts";

interface Entry {
  readonly resolved?: string;
  readonly link?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const text = readFileSync(join(PROJECT, "package-lock.json"), "utf8");
// `as`: npm writes this file, and the assertions below fail on any other shape.
const { packages } = JSON.parse(text) as { readonly packages: Readonly<Record<string, Entry>> };

/** Where Node looks for a package that the one at `path` names: there, then in each folder above. */
function placesFor(name: string, path: string): readonly string[] {
  const here = `${path}${path && "/"}node_modules/${name}`;
  const above = path.slice(0, Math.max(path.lastIndexOf("/node_modules/"), 0));
  return path === "" ? [here] : [here, ...placesFor(name, above)];
}

test("every optional dependency has an entry, on whichever platform the file was written", () => {
  assert.ok(Object.keys(packages).length > 1);
  for (const [path, { optionalDependencies = {} }] of Object.entries(packages)) {
    for (const name of Object.keys(optionalDependencies)) {
      const entry = placesFor(name, path).find((place) => place in packages);
      assert.ok(entry, `${path} wants ${name}, which npm ci would miss: add its entry`);
    }
  }
});

test("no entry says where its package was downloaded from", () => {
  for (const [path, { resolved, link }] of Object.entries(packages)) {
    assert.ok(resolved === undefined || link === true, `${path} has a resolved address`);
  }
});
