import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fillCache, PROJECT, run } from "./project.ts";

/** A JWT and what else is known about it; see test/reference/README.md. */
export interface ReferenceItem {
  readonly jwt: string;
  /** Must be the seed of the JWT's subject. */
  readonly seed?: string;
  readonly account_public_key?: string;
  /** Claims that must be there as given, nested as in the JWT. */
  readonly expect?: Readonly<Record<string, unknown>>;
}

/** What NATS' own Go library, and the rules of this project, say of one JWT. */
export interface ReferenceVerdict {
  readonly ok: boolean;
  readonly errors: readonly string[];
  /** The payload as it stands; null when the JWT does not even decode. */
  readonly claims: Readonly<Record<string, unknown>> | null;
}

const FOLDER = join(PROJECT, "test/reference");

/** One verdict for each JWT, in their order; undefined where there is no Go. */
export async function referenceCheck(
  jwts: readonly (string | ReferenceItem)[],
): Promise<readonly ReferenceVerdict[] | undefined> {
  const lines = jwts.map((jwt) => JSON.stringify(typeof jwt === "string" ? { jwt } : jwt));
  const answer = await reference("check", lines.join("\n"));
  return answer
    ?.split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
}

/** Runs the reference program in one of its modes; undefined where there is no Go. */
export async function reference(
  mode: "check" | "vectors",
  stdin: string,
): Promise<string | undefined> {
  program ??= build();
  const path = await program;
  return path === undefined ? undefined : run(path, [mode], { limit_ms: 60_000, stdin });
}

let program: Promise<string | undefined> | undefined;

async function build(): Promise<string | undefined> {
  const hasGo = await run("go", ["version"], { limit_ms: 20_000 }).catch(() => undefined);
  if (hasGo === undefined) return undefined;
  const name = process.platform === "win32" ? "reference.exe" : "reference";
  const folder = await fillCache(`reference-${await digest()}`, async (target) => {
    const args = ["build", "-trimpath", "-buildvcs=false", "-o", join(target, name), "."];
    await run("go", args, { limit_ms: 300_000, cwd: FOLDER });
  });
  return join(folder, name);
}

/** Names the build after its sources, so that a changed one is built anew. */
async function digest(): Promise<string> {
  const hash = createHash("sha256").update(`${process.platform} ${process.arch}\n`);
  const sources = (await readdir(FOLDER)).filter((name) => /\.go$|^go\./.test(name)).sort();
  for (const name of sources) hash.update(`${name}\n`).update(await readFile(join(FOLDER, name)));
  return hash.digest("hex").slice(0, 16);
}
