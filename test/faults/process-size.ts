import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Service } from "../support/service.ts";
import { eventually, metric } from "./callers.ts";

/** The environment of a service that can be measured. */
export const MEASURED_ENV = {
  NODE_OPTIONS: `--import=${fileURLToPath(new URL("./measured.js", import.meta.url))}`,
};

/** What a process holds. */
export interface Size {
  /** What JavaScript holds, its buffers included. */
  readonly heap_mb: number;
  readonly rss_mb: number;
  readonly files: number;
  readonly sockets: number;
  /** Of the fuller one of its counters. */
  readonly rate_keys: number;
}

const MB = 1024 * 1024;

/** What a service holds after all garbage was collected. */
export async function sizeOf(service: Service): Promise<Size> {
  const { pid = 0 } = service.child;
  const measured = () => service.logs().filter((line) => line.startsWith('{"msg":"measured"'));
  const before = measured().length;
  service.child.kill("SIGUSR2");
  const lines = await eventually(
    async () => measured(),
    ({ length }) => length > before,
  );
  const { heap_bytes, external_bytes } = JSON.parse(lines.at(-1) ?? "");
  const kib = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  const kinds = descriptorsOf(pid);
  const keys = ["address", "identity"].map((by) => metric(service, `rate_keys{by="${by}"}`));
  return {
    heap_mb: (heap_bytes + external_bytes) / MB,
    rss_mb: (Number(kib) * 1024) / MB,
    files: kinds.filter((kind) => !kind.startsWith("socket:")).length,
    sockets: kinds.filter((kind) => kind.startsWith("socket:")).length,
    rate_keys: Math.max(...(await Promise.all(keys))),
  };
}

/** What each of its descriptors is for; one may be closed while we look. */
function descriptorsOf(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/${pid}/fd/${fd}`)];
    } catch {
      return [];
    }
  });
}

/** The one in the middle, which no single moment can move. */
export function median(sizes: readonly Size[], what: keyof Size): number {
  const sorted = sizes.map((size) => size[what]).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
