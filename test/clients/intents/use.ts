import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { credsText } from "../../../src/credential/index.ts";
import { decide } from "../../../src/policy/index.ts";
import { minted, now_s } from "../../policy/client.ts";
import { who } from "../../policy/support.ts";
import { goProgram } from "../../support/go-program.ts";
import { PROJECT, run } from "../../support/project.ts";
import { pythonPackages } from "../tools.ts";
import type { Case, Library } from "./case.ts";
import { POLICY } from "./cases.ts";
import { DOMAIN, type Servers } from "./fixture.ts";
import { withNatsJs } from "./nats-js.ts";
import type { Result, Session, Work } from "./session.ts";

const FOLDER = join(PROJECT, "test/clients/intents");
const LIMIT_MS = 120_000;

type Use = (work: Work) => Promise<Result>;

const program =
  (file: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Use =>
  async (work) =>
    JSON.parse(await run(file, args, { limit_ms: LIMIT_MS, stdin: JSON.stringify(work), env }));

/** How each library is used here, or what is missing for it. */
export const FIND: Readonly<Record<Library, () => Promise<Use | string>>> = {
  "nats.js": async () => withNatsJs,
  async "nats.go"() {
    const path = await goProgram(FOLDER);
    return path === undefined ? "Go" : program(path, []);
  },
  async "nats-py"() {
    const packages = await pythonPackages();
    if (typeof packages === "string") return packages;
    const env = { PYTHONPATH: packages.folder, PYTHONDONTWRITEBYTECODE: "1" };
    return program("python3", [join(FOLDER, "client.py")], env);
  },
};

/** What of a case this library does: first what must work, then what must not. */
export function partsOf(one: Case, library: Library) {
  const mine = (part: { readonly with?: readonly Library[] }) =>
    part.with === undefined || part.with.includes(library);
  return { works: one.works.filter(mine), refused: one.refused.filter(mine) };
}

/** A credential for the role of a case, as the service would give it, and what to do with it. */
export async function sessionOf(
  { nats, leaf_url }: Servers,
  one: Case,
  library: Library,
): Promise<Session> {
  const decision = decide(POLICY, { ...who(one.name), token_kind: "identity" }, {}, now_s());
  if (!decision.allow) throw new Error(`${one.name}: ${decision.code}`);
  const { inbox_prefix } = decision.grant;
  const { jwt, seed } = await minted(nats.accounts[library], decision.grant);
  const creds_file = join(nats.dir, `${library}-${one.name}.creds`);
  await writeFile(creds_file, credsText(jwt, seed, inbox_prefix, now_s()), { mode: 0o600 });
  const { works, refused } = partsOf(one, library);
  return {
    creds_file,
    ...(one.far ? { url: leaf_url, domain: DOMAIN } : { url: nats.url }),
    steps: [...works, ...refused].map(({ step }) => step),
  };
}
