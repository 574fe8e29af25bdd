import { chmod, cp, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { fillCache, run, type Scope } from "./project.ts";
import { makeDir } from "./service.ts";

const VERSION = "26.7.3";
const COPY_LIMIT_MS = 600_000;
const BUILD_LIMIT_MS = 300_000;

/**
 * A Keycloak of its own in a new folder, ready to start. It comes from Maven Central and is kept,
 * prepared, in the cache folder: a minute or two for the first time. Wants Java from 17 on and Maven.
 */
export async function keycloakHome(scope: Scope): Promise<string> {
  const kept = await keptKeycloak();
  const home = join(await makeDir(scope), "keycloak");
  await cp(kept, home, { recursive: true });
  return home;
}

/** The one that is kept in the cache folder, which is fetched now where there is none. */
export const keptKeycloak = () => fillCache(`keycloak-${VERSION}`, fill);

async function fill(folder: string): Promise<void> {
  const artifact = `org.keycloak:keycloak-quarkus-dist:${VERSION}:zip`;
  const copy = ["dependency:copy", `-Dartifact=${artifact}`, `-DoutputDirectory=${folder}`];
  await run("mvn", ["-q", "-B", ...copy], { limit_ms: COPY_LIMIT_MS, cwd: folder });
  const zip = join(folder, `keycloak-quarkus-dist-${VERSION}.zip`);
  await run("jar", ["xf", zip], { limit_ms: COPY_LIMIT_MS, cwd: folder });
  await rm(zip);
  const inner = join(folder, `keycloak-${VERSION}`);
  for (const name of await readdir(inner)) await rename(join(inner, name), join(folder, name));
  await rm(inner, { recursive: true });
  await chmod(join(folder, "bin", "kc.sh"), 0o755); // jar forgets modes
  const build = ["build", "--db=dev-file"];
  await run(join(folder, "bin", "kc.sh"), build, { limit_ms: BUILD_LIMIT_MS, cwd: folder });
}
