/**
 * The command line. One file a command; a command is a row of data with a function.
 *
 * Promises: faults of the operator are sentences with a place, never stack traces; exit codes are
 * 0 done, 1 the answer is no, 2 wrong usage, 3 the journal was lost, 4 a mistake of ours. May touch:
 * the files that are named to it, and the terminal that is handed in.
 */
import { check } from "./check.ts";
import type { Command } from "./command.ts";
import { completion } from "./completion/command.ts";
import { doctor } from "./doctor.ts";
import { exec } from "./exec.ts";
import { fetch } from "./fetch.ts";
import { healthcheck } from "./healthcheck.ts";
import { init } from "./init/command.ts";
import { journalTail } from "./journal-tail.ts";
import { journalVerify } from "./journal-verify.ts";
import { policyDiff } from "./policy/diff.ts";
import { policyExplain } from "./policy/explain.ts";
import { policyImport } from "./policy/import.ts";
import { policyLint } from "./policy/lint.ts";
import { policyTest } from "./policy/test.ts";
import { refresh } from "./refresh.ts";
import { revoked } from "./revoked.ts";
import { serve } from "./serve.ts";
import { tokenInspect } from "./token-inspect.ts";
import { whois } from "./whois.ts";

export { type Command, EXIT, type Io } from "./command.ts";
export { dispatch } from "./dispatch.ts";

export const COMMANDS: readonly Command[] = [
  init,
  serve,
  check,
  doctor,
  healthcheck,
  journalVerify,
  journalTail,
  whois,
  revoked,
  tokenInspect,
  policyExplain,
  policyTest,
  policyLint,
  policyDiff,
  policyImport,
  fetch,
  refresh,
  exec,
  completion(() => COMMANDS),
];
