import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { goProgram } from "../support/go-program.ts";
import { run } from "../support/project.ts";
import { useCli } from "./cli-client.ts";
import { FOLDER, natsCli, pythonPackages } from "./tools.ts";
import type { Result, Work } from "./work.ts";

/** A way to use a creds file. `find` resolves with how to, or with what is missing here. */
export interface Client {
  readonly name: string;
  find(): Promise<((work: Work) => Promise<Result>) | string>;
  /** What it says of a refused publish and a refused subscription. */
  readonly refused: readonly [RegExp, RegExp];
}

/** A program that reads its work and prints what came of it. */
const program =
  (file: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  async (work: Work): Promise<Result> =>
    JSON.parse(await run(file, args, { limit_ms: 30_000, stdin: JSON.stringify(work), env }));

/** Every client that is tried. */
export const CLIENTS: readonly Client[] = [
  {
    name: "nats.js",
    find: async () =>
      program(process.execPath, [fileURLToPath(new URL("node-client.js", import.meta.url))]),
    refused: [/^publish orders\.secret$/, /^subscribe bills\.>$/],
  },
  {
    name: "nats.go",
    async find() {
      const path = await goProgram(FOLDER);
      return path === undefined ? "Go" : program(path, []);
    },
    refused: [/publish to "orders\.secret"/i, /subscription to "bills\.>"/i],
  },
  {
    name: "nats-py",
    async find() {
      const packages = await pythonPackages();
      if (typeof packages === "string") return packages;
      const env = { PYTHONPATH: packages.folder, PYTHONDONTWRITEBYTECODE: "1" };
      return program("python3", [join(FOLDER, "client.py")], env);
    },
    refused: [/publish to "orders\.secret"/i, /subscription to "bills\.>"/i],
  },
  {
    name: "nats CLI",
    async find() {
      const found = await natsCli();
      return typeof found === "string" ? found : (work) => useCli(found.path, work);
    },
    refused: [/publish to "orders\.secret"/i, /subscription to "bills\.>"/i],
  },
];
