import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { PROJECT, type Scope } from "../test/support/project.ts";
import {
  alone,
  answerBytes,
  type Contender,
  decisions,
  issuedInJournal,
  startConstant,
  startNaive,
  startService,
} from "./contenders.ts";
import { CONNECTIONS, load, type Measured, median } from "./load.ts";
import { machine } from "./machine.ts";
import { type Parts, prepareParts } from "./parts.ts";
import { type Pinning, pin } from "./pin.ts";
import { plot } from "./plot.ts";
import { disturbed, type Report, type Row, ratiosOf, table } from "./report.ts";

const say = (text: string) => process.stderr.write(`${text}\n`);

interface Settings {
  readonly seconds: number;
  readonly rounds: number;
  readonly tokens: number;
  readonly results: string;
  /** Where Node writes a profile of the service, if anywhere. */
  readonly profile: string | undefined;
}

const HELP = `Usage: npm run bench -- [--seconds N] [--rounds N] [--tokens N] [--results DIR] [--profile DIR]

Measures the built service beside what it is made of. With --profile, Node writes a CPU profile of
the service into DIR; the numbers of such a run are lower.`;

function settingsIn(argv: readonly string[]): Settings | undefined {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      seconds: { type: "string", default: "8" },
      rounds: { type: "string", default: "3" },
      tokens: { type: "string", default: "4000" },
      results: { type: "string", default: join(PROJECT, "bench", "results") },
      profile: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  const whole = (name: "seconds" | "rounds" | "tokens", limit: number) => {
    const value = Number(values[name]);
    if (Number.isInteger(value) && value >= 1 && value <= limit) return value;
    throw new Error(`--${name} must be a whole number from 1 to ${limit}`);
  };
  return {
    seconds: whole("seconds", 20),
    rounds: whole("rounds", 5),
    tokens: Math.max(CONNECTIONS, whole("tokens", 20_000)),
    results: values.results,
    profile: values.profile,
  };
}

/** Warms a server up and measures it; the median of the rounds counts. */
async function measure(name: string, contender: Contender, seconds: number, rounds: number) {
  say(`${name}: warming up`);
  await load(contender, Math.ceil(seconds / 3));
  const measured: Measured[] = [];
  for (let round = 1; round <= rounds; round++) {
    const one = await load(contender, seconds);
    say(`${name}: ${Math.round(one.per_s)} a second (${round} of ${rounds})`);
    measured.push(one);
  }
  await contender.stop();
  return { name, ...median(measured) };
}

async function service(scope: Scope, parts: Parts, pinning: Pinning, settings: Settings) {
  const { seconds, rounds, profile } = settings;
  const flags = profile === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${profile}`];
  const running = await startService(scope, parts, pinning, flags);
  const answer_bytes = await answerBytes(running);
  const row = await measure("nats-sts", running, seconds, rounds);
  // Not a credential without its line on disk, or the number would be that of another service.
  const [issued, least] = [await issuedInJournal(parts), row.per_s * seconds];
  if (issued < least) throw new Error(`the journal has ${issued} of at least ${least} credentials`);
  return { row: { key: "service" as const, ...row }, answer_bytes };
}

async function bench(scope: Scope, settings: Settings): Promise<Report> {
  const { seconds, rounds } = settings;
  const pinning = await pin();
  if (pinning.length === 0)
    say("No taskset, or one core only: server and load share cores, and numbers vary.");
  say(`making ${settings.tokens} tokens`);
  const parts = await prepareParts(scope, settings.tokens);
  const { row, answer_bytes } = await service(scope, parts, pinning, settings);
  const rows: Row[] = [row];

  const naive = await startNaive(scope, parts, pinning);
  await answerBytes(naive); // or it may fail cheaply
  rows.push({ key: "naive", ...(await measure("naive build", naive, seconds * 2, 1)) });

  const constant = await startConstant(scope, parts, pinning, answer_bytes);
  rows.push({
    key: "constant",
    ...(await measure("Fastify, constant answer", constant, seconds, rounds)),
  });

  say("node:crypto alone, then the flush alone");
  const crypto = await alone(scope, pinning, ["crypto", String(Math.ceil(seconds / 2))]);
  rows.push({ key: "crypto", name: "node:crypto alone: verify, key, sign", ...crypto });
  const flush = await alone(scope, pinning, ["flush", String(Math.ceil(seconds / 4)), parts.dir]);
  rows.push({ key: "flush", name: "fdatasync of one line, one by one", ...flush });
  say("decisions by 10 and by 10,000 rules");
  const decide = await decisions(scope, pinning, Math.ceil(seconds / 2));
  return {
    measured_at: new Date().toISOString(),
    machine: await machine(parts.dir, pinning.length > 0),
    connections: CONNECTIONS,
    seconds,
    rounds,
    tokens: settings.tokens,
    token_bytes: parts.tokens[0]?.length ?? 0,
    answer_bytes,
    disturbed: disturbed(rows),
    rows,
    ratios: ratiosOf(rows),
    decide,
  };
}

async function main(): Promise<void> {
  const settings = settingsIn(process.argv.slice(2));
  if (!settings) return console.log(HELP);
  const undo: (() => unknown)[] = [];
  try {
    const report = await bench({ after: (fn) => undo.unshift(fn) }, settings);
    console.log(`\n${table(report)}`);
    await mkdir(settings.results, { recursive: true });
    await writeFile(
      join(settings.results, "bench.json"),
      `${JSON.stringify(report, rounded, 2)}\n`,
    );
    await writeFile(join(settings.results, "bench.svg"), plot(report));
    say(`\nwritten to ${settings.results}: bench.json, bench.svg`);
  } finally {
    for (const fn of undo) await fn();
  }
}

/** Four digits are more than is reproducible. */
function rounded(_: string, value: unknown): unknown {
  if (typeof value !== "number" || Number.isInteger(value)) return value;
  return Number(value.toPrecision(4));
}

try {
  await main();
} catch (error) {
  say(`bench: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
