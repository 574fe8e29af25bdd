import autocannon, { type Client, type Request } from "autocannon";
import { busySince, type Usage, usageOf } from "./usage.ts";

/** What is sent, and to which process. Each connection has requests of its own, so none is alike. */
export interface Target {
  readonly url: string;
  readonly pid: number;
  readonly requests: readonly Request[];
}

/** One measurement. */
export interface Measured {
  readonly per_s: number;
  readonly p50_ms: number;
  readonly p99_ms: number;
  /** Of the server's process, a request. Undefined where the machine does not tell. */
  readonly cpu_us?: number;
  readonly rss_mb?: number;
  /** The share of its core that the server had: far below 1, something else was the limit. */
  readonly busy?: number;
}

/** Keep-alive connections, one request at a time on each. */
export const CONNECTIONS = 50;

/** A server that needs longer has lost. */
const REQUEST_LIMIT_S = 30;

/** Loads a server for so many seconds. Any answer but 2xx is an error: it would be cheaper. */
export async function load(target: Target, seconds: number): Promise<Measured> {
  const latencies_ms: number[] = [];
  const before = usageOf(target.pid);
  const from = performance.now();
  let after: Usage | undefined;
  const running = autocannon({
    url: target.url,
    connections: CONNECTIONS,
    pipelining: 1,
    duration: seconds,
    timeout: REQUEST_LIMIT_S,
    setupClient: dealer(target.requests),
  });
  // Its own histogram has whole milliseconds, and it stops at the next whole second.
  running.on("response", (_client, _status, _bytes, ms: number) => {
    if (performance.now() - from <= seconds * 1000) latencies_ms.push(ms);
    else after ??= usageOf(target.pid);
  });
  const { errors, timeouts, non2xx } = await running;
  if (errors + timeouts + non2xx > 0)
    throw new Error(`${errors} errors, ${timeouts} timeouts, ${non2xx} answers other than 2xx`);
  if (latencies_ms.length === 0) throw new Error(`not one answer within ${seconds} s`);
  const sorted = Float64Array.from(latencies_ms).sort();
  return {
    per_s: sorted.length / seconds,
    p50_ms: quantile(sorted, 0.5),
    p99_ms: quantile(sorted, 0.99),
    ...busySince(before, after ?? usageOf(target.pid), sorted.length, seconds),
  };
}

/** Gives each connection its share, in turn. */
function dealer(requests: readonly Request[]) {
  let next = 0;
  return (client: Client) => {
    const mine = requests.filter((_, i) => i % CONNECTIONS === next % CONNECTIONS);
    next += 1;
    client.setRequests(mine);
  };
}

const quantile = (sorted: Float64Array, q: number) =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? 0;

/** The measurement with the median rate. */
export function median(rounds: readonly Measured[]): Measured {
  const [middle] = [...rounds]
    .sort((a, b) => a.per_s - b.per_s)
    .slice(Math.floor((rounds.length - 1) / 2));
  if (!middle) throw new Error("nothing was measured");
  return middle;
}
