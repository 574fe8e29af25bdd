import {
  type CaseResult,
  type Cases,
  type Coverage,
  coverage,
  type OpenPolicy,
  runCase,
} from "../../policy/index.ts";
import { type Args, type Command, EXIT, type Io } from "../command.ts";
import { asJson, count, near, visible } from "../show.ts";
import { caseFiles, issuersFor, policyNamed, readCases, subjectOf } from "./cases.ts";
import {
  configOf,
  type Opened,
  openFile,
  openNamed,
  POLICY_OPTIONS,
  UsageError,
  withFaults,
} from "./load.ts";

/** Puts cases to a policy, as a test runner does. */
export const policyTest: Command = {
  name: "policy test",
  operands: "[FILE...]",
  summary: "Run the cases of a policy: who must get what, and who must not",
  details: `A file of cases is YAML beside the policy; without FILE, every *.cases.yaml of the working directory
is one. It names its policy with policy: policy.yaml, or --policy or --config does. Decided is by the
decide of the service, at the time of each token's own iat. Exits with 0 when all cases passed, with 1
when some failed or coverage is below --min, with 2 when a file cannot be read.`,
  example: "nats-sts policy test policy.cases.yaml --coverage --min 100",
  options: {
    ...POLICY_OPTIONS,
    coverage: { type: "boolean", describe: "Name the rules and roles that no case reaches" },
    min: { type: "string", describe: "With --coverage: fail below this percentage" },
    json: { type: "boolean", describe: "Print JSON" },
  },
  run: (args, io) =>
    withFaults("policy test", io, EXIT.usage, async () => {
      const least = leastIn(args);
      const files = await caseFiles(args.operands, io);
      const runs = await runAll(files, args, io);
      const covered = args.values["coverage"] ? coverageOf(runs) : [];
      const failed = runs.flatMap(({ results }) => results.filter(hasFailed));
      const low = covered.some(({ percent }) => percent < least);
      io.out(
        args.values["json"]
          ? asJson(forPrograms(runs, covered))
          : [...runs.flatMap((run) => said(run, io)), ...saidCoverage(covered, least, io)]
              .concat(summary(runs, failed.length))
              .join("\n"),
      );
      return failed.length === 0 && !low ? EXIT.done : EXIT.no;
    }),
};

/** One file of cases and how they came out. */
interface Run {
  readonly cases: Cases;
  readonly policy_file: string;
  readonly open: OpenPolicy;
  readonly results: readonly CaseResult[];
}

interface Covered extends Coverage {
  readonly policy: string;
}

const hasFailed = ({ differs }: CaseResult) => differs.length > 0;

function leastIn({ values }: Args): number {
  const min = values["min"];
  if (min === undefined) return 0;
  if (!values["coverage"]) throw new UsageError("--min needs --coverage");
  if (!/^([0-9]|[1-9][0-9]|100)$/.test(String(min)))
    throw new UsageError("--min must be a whole percentage from 0 to 100");
  return Number(min);
}

async function runAll(files: readonly string[], args: Args, io: Io): Promise<Run[]> {
  const runs: Run[] = [];
  for (const file of files) {
    const cases = await readCases(file);
    const opened = await policyOf(cases, args, io);
    const issuers = issuersFor(cases, opened);
    const results: CaseResult[] = [];
    for (const each of cases.cases)
      results.push(runCase(opened.open.policy, each, await subjectOf(each, issuers)));
    runs.push({ cases, policy_file: opened.file, open: opened.open, results });
  }
  return runs;
}

/** What the command line names goes before what the file names. */
async function policyOf(cases: Cases, args: Args, io: Io): Promise<Opened> {
  if (cases.policy === undefined || args.values["policy"] !== undefined) return openNamed(args, io);
  const loaded = args.values["config"] === undefined ? undefined : await configOf(args, io);
  return openFile(await policyNamed(cases, cases.policy), loaded);
}

/** Cases of several files about one policy cover it together. */
function coverageOf(runs: readonly Run[]): Covered[] {
  const files = [...new Set(runs.map(({ policy_file }) => policy_file))];
  return files.flatMap((policy) => {
    const own = runs.filter(({ policy_file }) => policy_file === policy);
    const results = own.flatMap((run) => run.results);
    return own.slice(0, 1).map(({ open }) => ({ policy, ...coverage(open, results) }));
  });
}

function said({ cases, results }: Run, { cwd }: Pick<Io, "cwd">): string[] {
  const lines = results.flatMap((result) => {
    const { name, line, col } = result.case;
    if (!hasFailed(result)) return [`  ok    ${name}`];
    const where = `${near(cases.file, cwd)}:${line}:${col}`;
    return [
      `  FAIL  ${name}  (${where})`,
      ...result.differs.map((differs) => `          ${visible(differs)}`),
    ];
  });
  return [near(cases.file, cwd), ...lines, ""];
}

function saidCoverage(covered: readonly Covered[], least: number, { cwd }: Pick<Io, "cwd">) {
  return covered.flatMap(({ policy, percent, rules, roles, unreached_rules, unreached_roles }) => [
    `coverage of ${near(policy, cwd)}: ${percent} %, ${rules.reached} of ${count(rules.all, "rule")}, ${roles.reached} of ${count(roles.all, "role")}${percent < least ? `: BELOW ${least} %` : ""}`,
    ...unreached_rules.map((name) => `  no case matches the rule ${name}`),
    ...unreached_roles.map((name) => `  no case is granted the role ${name}`),
    "",
  ]);
}

function summary(runs: readonly Run[], failed: number): string {
  const all = runs.reduce((sum, { results }) => sum + results.length, 0);
  return failed === 0
    ? `${count(all, "case")} passed`
    : `${failed} of ${count(all, "case")} FAILED`;
}

function forPrograms(runs: readonly Run[], covered: readonly Covered[]) {
  const files = runs.map(({ cases, policy_file, open, results }) => ({
    file: cases.file,
    policy: policy_file,
    policy_digest: open.policy.digest,
    cases: results.map(({ case: { name, line }, differs, decision }) => ({
      name,
      line,
      passed: differs.length === 0,
      differs,
      ...(decision && { decision }),
    })),
  }));
  const passed = runs.every(({ results }) => !results.some(hasFailed));
  return { passed, files, ...(covered.length > 0 && { coverage: covered }) };
}
