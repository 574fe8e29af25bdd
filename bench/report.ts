import type { DecideReport } from "./decide.ts";
import type { Measured } from "./load.ts";
import type { Machine } from "./machine.ts";

/** One thing that was measured. The last two have no HTTP in front of them. */
export interface Row extends Measured {
  readonly key: "service" | "naive" | "constant" | "crypto" | "flush";
  readonly name: string;
}

/** Everything that one run found out. */
export interface Report {
  readonly measured_at: string;
  readonly machine: Machine;
  readonly connections: number;
  readonly seconds: number;
  readonly rounds: number;
  readonly tokens: number;
  readonly token_bytes: number;
  readonly answer_bytes: number;
  /** Other programs were running: rates are too low, and CPU a request is too high. */
  readonly disturbed: boolean;
  readonly rows: readonly Row[];
  readonly ratios: Ratios;
  /** What a larger policy costs. */
  readonly decide: DecideReport;
}

/** The service's rate, divided by that of what it stands beside. */
export interface Ratios {
  readonly to_naive: number;
  readonly to_constant: number;
  readonly to_crypto: number;
  /** Processor time of a request that is neither cryptography nor the bare server, microseconds. */
  readonly own_cpu_us?: number;
}

/** Below this, a server had time to spare. */
const BUSY = 0.95;

/** Whether other programs took so much of the service's core that its rate is not its own. */
export const disturbed = (rows: readonly Row[]) =>
  rows.some(({ key, busy = 1 }) => key === "service" && busy < BUSY);

/** What the numbers say about each other. These hold on other machines too. */
export function ratiosOf(rows: readonly Row[]): Ratios {
  const rowOf = (key: Row["key"]) => {
    const row = rows.find((each) => each.key === key);
    if (!row) throw new Error(`${key} was not measured`);
    return row;
  };
  const [service, constant, crypto] = [rowOf("service"), rowOf("constant"), rowOf("crypto")];
  const own_cpu_us =
    service.cpu_us !== undefined && constant.cpu_us !== undefined && crypto.cpu_us !== undefined
      ? service.cpu_us - constant.cpu_us - crypto.cpu_us
      : undefined;
  return {
    to_naive: service.per_s / rowOf("naive").per_s,
    to_constant: service.per_s / constant.per_s,
    to_crypto: service.per_s / crypto.per_s,
    ...(own_cpu_us !== undefined && { own_cpu_us }),
  };
}

/** How much more a decision by 10,000 rules may cost than one by 10. */
const DECIDE_RATIO_MAX = 1.3;

const HEADINGS = ["", "a second", "p50 ms", "p99 ms", "CPU µs", "RSS MB", "core", "nats-sts is"];

/** The report for a terminal. */
export function table({ rows, machine, ratios, decide, ...report }: Report): string {
  const service = rows.find(({ key }) => key === "service");
  const lines = rows.map((row) => [
    row.name,
    count(row.per_s),
    digits(row.p50_ms),
    digits(row.p99_ms),
    digits(row.cpu_us, 0),
    digits(row.rss_mb, 0),
    row.busy === undefined ? "–" : `${Math.round(row.busy * 100)} %`,
    row === service || !service ? "" : `× ${digits(service.per_s / row.per_s, 2)}`,
  ]);
  const widths = HEADINGS.map((heading, i) =>
    Math.max(...[heading, ...lines.map((line) => line[i] ?? "")].map(({ length }) => length)),
  );
  const lay = (cells: readonly string[]) =>
    cells
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join("  ");
  const own = ratios.own_cpu_us;
  return [
    lay(HEADINGS),
    ...lines.map(lay),
    "",
    `${report.connections} connections, ${report.tokens} distinct RS256 tokens of ${report.token_bytes} bytes, ` +
      `answers of ${report.answer_bytes}; journal flushed, logs and limits on.`,
    ...(own === undefined
      ? []
      : [`${Math.round(own)} µs a request are neither cryptography nor the bare server.`]),
    `A decision takes ${digits(decide.small.cpu_us)} µs with ${count(decide.small.rules)} rules and ` +
      `${digits(decide.large.cpu_us)} µs with ${count(decide.large.rules)}: ${digits(decide.cost_ratio, 2)} times as much (at most ${DECIDE_RATIO_MAX}).`,
    `By other rules: ${decide.others.map(({ shape, cost_ratio }) => `${shape} ${digits(cost_ratio, 2)} times`).join(", ")}.`,
    ...(disturbed(rows)
      ? ["Other programs had part of its core: measure again when it is quiet."]
      : []),
    ...(rows.some(({ key, busy = 1 }) => key !== "flush" && busy < BUSY)
      ? ["Where a core is below 95 %, load or other processes were the limit: compare CPU there."]
      : []),
    `${machine.cpu}, ${machine.cores} cores${machine.pinned ? ", one for the server" : ""}; ` +
      `Node ${machine.versions["node"]}; journal on ${machine.file_system}.`,
  ].join("\n");
}

const count = (value: number) => Math.round(value).toLocaleString("en");

/** A number of about three digits; a dash where there is none. */
function digits(value: number | undefined, places = value !== undefined && value < 1 ? 2 : 1) {
  return value === undefined ? "–" : value.toFixed(places);
}
