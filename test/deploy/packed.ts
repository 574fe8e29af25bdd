import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { PROJECT, run } from "../support/project.ts";

/** What `npm publish` would send, packed from a build in a folder. */
export interface Packed {
  readonly tarball: string;
  /** Paths within the package. */
  readonly files: readonly string[];
}

/**
 * Packs the project into a folder. Scripts stay off: a build would replace the programs that other
 * tests are running at this moment.
 */
export async function pack(folder: string): Promise<Packed> {
  await mkdir(folder, { recursive: true });
  const args = ["pack", "--json", "--ignore-scripts", "--pack-destination", folder];
  const said = await run("npm", args, { limit_ms: 60_000, cwd: PROJECT });
  const [packed] = JSON.parse(said);
  return {
    tarball: join(folder, packed.filename),
    files: packed.files.map(({ path }: { path: string }) => path),
  };
}

/** Names of the packages that the program runs on, and of those that only help to make it. */
export async function dependencies(): Promise<{ run: readonly string[]; make: readonly string[] }> {
  const file = JSON.parse(await readFile(join(PROJECT, "package.json"), "utf8"));
  const used = Object.keys(file.dependencies);
  return { run: used, make: Object.keys(file.devDependencies).filter((n) => !used.includes(n)) };
}
