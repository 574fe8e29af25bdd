import { readFile } from "node:fs/promises";
import { url } from "node:inspector";
import type { Io } from "./command.ts";

/** Node's own options that write memory into files, and what starts them. */
const DUMPING =
  /^--(heapsnapshot-signal|heapsnapshot-near-heap-limit|report-on-signal|report-on-fatalerror|report-uncaught-exception|abort-on-uncaught-exception)\b/;

/**
 * By which ways the keys in this process's memory could leave it: sentences for the operator, who
 * may have reasons. None of them is refused, because each can be what somebody needs tonight.
 *
 * @param limits the text of /proc/self/limits; empty where there is none
 */
export function exposures({ env, node_flags }: Pick<Io, "env" | "node_flags">, limits: string) {
  const flags = [...node_flags, ...(env["NODE_OPTIONS"] ?? "").split(/\s+/)];
  const found: string[] = [];
  if (url() !== undefined)
    found.push("a debugger can attach: start Node without --inspect, also in NODE_OPTIONS");
  for (const flag of new Set(flags.flatMap((each) => DUMPING.exec(each)?.[0] ?? [])))
    found.push(`Node may write its memory into a file: start it without ${flag}`);
  // A soft limit of 0 is what counts: nobody but this process itself would raise it.
  const soft = /^Max core file size\s+(\S+)/m.exec(limits)?.[1];
  if (soft !== undefined && soft !== "0")
    found.push(
      "a crash may leave a core dump: start with `ulimit -c 0`, `prlimit --core=0` or LimitCORE=0",
    );
  return found;
}

/** The limits of this process, where the system tells. */
export const processLimits = () => readFile("/proc/self/limits", "utf8").catch(() => "");
