import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Io } from "../../../src/cli/index.ts";
import type { Scope } from "../../support/project.ts";
import { makeDir } from "../../support/service.ts";
import { type Ran, runHere } from "../support.ts";

/** A policy that gives something to people with a scope, and to one repository. */
export const POLICY = `version: 1
roles:
  worker: { account: ORDERS, subscribe: ["orders.new workers"], publish: [orders.done.*], ttl: 10m }
rules:
  - { name: workers, issuer: corp, scopes: [work], roles: [worker] }
  - name: deploy
    issuer: github
    claims: { repository_id: "1", ref: refs/heads/main }
    grant: { account: ORDERS, publish: ["deploys.{repository_id}"] }
`;

export const CASES = `policy: policy.yaml
cases:
  - name: workers work
    issuer: corp
    claims: { sub: a, scope: work }
    granted: { roles: [worker], ttl: 10m }
  - name: others do not
    issuer: corp
    claims: { sub: a }
    refused: no_rule_matched
`;

/** A folder with these files, and a way to run commands in it. */
export async function folderWith(scope: Scope, files: Readonly<Record<string, string>>) {
  const dir = await makeDir(scope);
  for (const [name, text] of Object.entries(files)) await writeFile(join(dir, name), text);
  const run = (command: string, changes: Partial<Io> = {}): Promise<Ran> =>
    runHere(["policy", ...command.split(" ")], { cwd: dir, ...changes });
  return { dir, run };
}
