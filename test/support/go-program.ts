import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { fillCache, run } from "./project.ts";

/**
 * Builds the Go program in a folder into the cache, and anew when its sources change. Resolves with
 * its path, or with undefined where there is no Go.
 */
export async function goProgram(folder: string): Promise<string | undefined> {
  const hasGo = await run("go", ["version"], { limit_ms: 20_000 }).catch(() => undefined);
  if (hasGo === undefined) return undefined;
  const name = basename(folder);
  const file = process.platform === "win32" ? `${name}.exe` : name;
  const built = await fillCache(`${name}-${await digest(folder)}`, async (target) => {
    const args = ["build", "-trimpath", "-buildvcs=false", "-o", join(target, file), "."];
    await run("go", args, { limit_ms: 600_000, cwd: folder });
  });
  return join(built, file);
}

/** Names the build after its sources. */
async function digest(folder: string): Promise<string> {
  const hash = createHash("sha256").update(`${process.platform} ${process.arch}\n`);
  const sources = (await readdir(folder)).filter((name) => /\.go$|^go\./.test(name)).sort();
  for (const name of sources) hash.update(`${name}\n`).update(await readFile(join(folder, name)));
  return hash.digest("hex").slice(0, 16);
}
