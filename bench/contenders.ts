import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Scope } from "../test/support/project.ts";
import { BIN } from "../test/support/service.ts";
import type { DecideReport } from "./decide.ts";
import type { Measured, Target } from "./load.ts";
import type { Parts } from "./parts.ts";
import { type Pinned, type Pinning, startPinned } from "./pin.ts";

/** A server under load. */
export interface Contender extends Target {
  stop(): Promise<void>;
}

const program = (name: string) => fileURLToPath(new URL(`./${name}.js`, import.meta.url));

/** The compiled service. `flags` are Node's own, such as those of its profiler. */
export async function startService(
  scope: Scope,
  parts: Parts,
  pinning: Pinning,
  flags: readonly string[] = [],
): Promise<Contender> {
  const args = [...flags, BIN, "serve", "--config", parts.config_file];
  const running = await startPinned(scope, pinning, args, '"msg":"listening"');
  const { url } = JSON.parse(running.line) as { url: string }; // our own log line
  return contender(running, url, parts);
}

/** The naive build. */
export async function startNaive(scope: Scope, { ...parts }: Parts, pinning: Pinning) {
  const { issuer, audience } = parts.provider;
  const { public_key, signing_seed } = parts.account;
  const args = [program("naive"), issuer, audience, public_key, signing_seed];
  return printed(await startPinned(scope, pinning, args, "listening "), parts);
}

/** Fastify with a constant answer of this size. */
export async function startConstant(
  scope: Scope,
  parts: Parts,
  pinning: Pinning,
  answer_bytes: number,
) {
  const args = [program("constant"), String(answer_bytes)];
  return printed(await startPinned(scope, pinning, args, "listening "), parts);
}

/** What the machine can do alone, without memory: that of a program so small says nothing. */
export async function alone(
  scope: Scope,
  pinning: Pinning,
  args: readonly ["flush", seconds: string, folder: string] | readonly ["crypto", seconds: string],
): Promise<Measured> {
  const { line } = await startPinned(scope, pinning, [program("alone"), ...args], "per_s");
  return JSON.parse(line);
}

/** What a decision costs by a small and by a large policy, in one program. */
export async function decisions(
  scope: Scope,
  pinning: Pinning,
  seconds: number,
): Promise<DecideReport> {
  const { line } = await startPinned(scope, pinning, [program("decide"), `${seconds}`], "per_s");
  return JSON.parse(line);
}

const printed = (running: Pinned, parts: Parts) =>
  contender(running, running.line.replace("listening ", ""), parts);

function contender(running: Pinned, url: string, { tokens }: Parts): Contender {
  const requests = tokens.map((token) => ({
    method: "POST" as const,
    path: "/v1/credentials",
    headers: { authorization: `Bearer ${token}` },
  }));
  return { url, pid: running.pid, requests, stop: running.stop };
}

/** The size of one answer of a server, and that it is one. */
export async function answerBytes({ url, requests }: Target): Promise<number> {
  const [first] = requests;
  const answer = await fetch(`${url}/v1/credentials`, {
    method: "POST",
    headers: first?.headers ?? {},
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`an exchange was refused: ${answer.status} ${text}`);
  return text.length;
}

/** How many credentials the journal says were issued: so many answers it must at least have seen. */
export async function issuedInJournal({ dir }: Parts): Promise<number> {
  const folder = join(dir, "journal", "main");
  let issued = 0;
  for (const name of (await readdir(folder)).filter((file) => file.endsWith(".jsonl"))) {
    const text = await readFile(join(folder, name), "latin1");
    issued += text.split('"type":"credential.issued"').length - 1;
  }
  return issued;
}
