import { readFileSync } from "node:fs";

/** What a process has used so far. */
export interface Usage {
  readonly cpu_s: number;
  readonly rss_mb: number;
}

/** Linux counts processor time in hundredths of a second, whatever its kernel's own clock. */
const TICKS_PER_S = 100;

/** Undefined where there is no /proc: the table then has a dash. */
export function usageOf(pid: number): Usage | undefined {
  try {
    // The name of the program stands in brackets and may hold blanks; what follows is fields.
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
    const kib = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    const [user, system] = [fields[11], fields[12]]; // utime and stime, proc(5)
    return { cpu_s: (Number(user) + Number(system)) / TICKS_PER_S, rss_mb: Number(kib) / 1024 };
  } catch {
    return undefined;
  }
}

/** Processor time a request and share of one core, between two looks at a process. */
export function busySince(
  before: Usage | undefined,
  after: Usage | undefined,
  requests: number,
  seconds: number,
) {
  if (!before || !after) return {};
  const cpu_s = after.cpu_s - before.cpu_s;
  return {
    cpu_us: (cpu_s / requests) * 1e6,
    rss_mb: after.rss_mb,
    busy: cpu_s / seconds,
  };
}
