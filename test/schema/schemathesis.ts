import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fillCache, PROJECT, type Scope } from "../support/project.ts";
import { digestOf, pip, pythonWithPip } from "../support/python.ts";
import { makeDir } from "../support/service.ts";

const REQUIREMENTS = join(PROJECT, "test/schema/requirements.txt");
const RUN_LIMIT_MS = 110_000;
const OUTPUT_LIMIT_BYTES = 64 * 1024 * 1024;

/** Resolves with what a run said when it found something; with nothing, where it did not. */
export type Find = (description: string, url: string, token: string) => Promise<string>;

/**
 * Schemathesis, which makes requests of an OpenAPI description, good and bad ones, and holds the answers
 * against it. It comes from PyPI and is kept in the cache folder. What was looked for in vain, where
 * there is no Python.
 */
export async function schemathesis(scope: Scope): Promise<Find | string> {
  const version = await pythonWithPip(11);
  if (version === undefined) return "Python 3.11 or newer with pip";
  const platform = `${process.platform}-${process.arch}`;
  const name = `schemathesis-${digestOf([REQUIREMENTS])}-${version}-${platform}`;
  const PYTHONPATH = await fillCache(name, (target) =>
    pip(["--only-binary", ":all:", "--target", target], REQUIREMENTS),
  );
  return async (description, url, token) => {
    const dir = await makeDir(scope); // its own: it writes where it stands
    await writeFile(join(dir, "settings.toml"), settings(token));
    const program = ["-m", "schemathesis.cli", "--config-file", "settings.toml", "run"];
    const args = [...program, description, "--url", url, ...OPTIONS];
    const env = { ...process.env, PYTHONPATH, PYTHONDONTWRITEBYTECODE: "1" };
    const limits = {
      timeout: RUN_LIMIT_MS,
      killSignal: "SIGKILL",
      maxBuffer: OUTPUT_LIMIT_BYTES,
    } as const;
    return new Promise((resolve) => {
      execFile("python3", args, { ...limits, cwd: dir, env }, (error, stdout, stderr) =>
        resolve(error ? `${error.message}\n${stdout}\n${stderr}` : ""),
      );
    });
  };
}

const OPTIONS = [
  ...["--phases", "examples,coverage,fuzzing", "--max-examples", "400", "--continue-on-failure"],
  ...["--checks", "all", "--no-color", "--warnings", "off"],
  // The same requests each time, and none from a run before.
  ...["--seed", "1", "--generation-database", "none"],
  // Other requests than those that break a rule of the schema may be refused: a description cannot say
  // which subjects are granted, or which signature proves a key.
  ...["--exclude-checks", "positive_data_acceptance"],
];

/** Half of all requests should come further than the token, whatever else is wrong with them. */
const settings = (token: string) => `
[[operations]]
include-operation-id = ["issueCredential", "explainRequest"]
headers = { Authorization = "Bearer ${token}" }

[[operations]]
include-operation-id = "exchangeToken"
[operations.parameters]
"body.subject_token" = "${token}"

# What is against the schema may be too large besides.
[checks.negative_data_rejection]
expected-statuses = [400, 401, 403, 405, 406, 413, 415, 431]
`;
