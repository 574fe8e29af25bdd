import { join } from "node:path";
import { goProgram } from "./go-program.ts";
import { PROJECT, run } from "./project.ts";

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
  program ??= goProgram(FOLDER);
  const path = await program;
  return path === undefined ? undefined : run(path, [mode], { limit_ms: 60_000, stdin });
}

let program: Promise<string | undefined> | undefined;
