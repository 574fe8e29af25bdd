import { resolve } from "node:path";
import {
  type AdminGain,
  adminGains,
  diffIdentity,
  diffJournaled,
  type IdentityDiff,
  type Journaled,
  type JournaledDiff,
  type TextDiff,
  textDiff,
  widens,
} from "../../policy/index.ts";
import type { Args, Command, Io } from "../command.ts";
import { asJson } from "../show.ts";
import { caseFiles, issuersFor, readCases, subjectOf } from "./cases.ts";
import { markdown, text } from "./diff-text.ts";
import { identitiesIn } from "./journaled.ts";
import { CONFIG, configOf, type Opened, openFile, UsageError, withFaults } from "./load.ts";
import type { Tried } from "./tried.ts";

/** Exit codes: something widens is neither a failure nor nothing. */
const DIFF_EXIT = { same_or_narrower: 0, usage: 2, wider: 3 } as const;

/** Says what a change of the policy means for whom. */
export const policyDiff: Command = {
  name: "policy diff",
  operands: "OLD.yaml NEW.yaml",
  summary: "Say who gains and who loses what by a change of the policy",
  details: `Compares what both policies give to the identities of the cases, and of a journal. What a journal keeps
of an identity is issuer, kind and subject, and which rules of the policy of that day matched: what
depends on claims that nobody kept is said to be unsure. Where NEW was tried while OLD was in force (a
second policy with mode: audit), it also says in which decisions it differed, and how. Exits with 0
when nobody may do more than before, with 3 when somebody may or possibly may, with 2 when something
cannot be read. A wider lifetime, network or limit is more, too, and so is another tag.`,
  example: "nats-sts policy diff old.yaml policy.yaml --cases policy.cases.yaml --markdown",
  options: {
    ...CONFIG,
    cases: {
      type: "string",
      multiple: true,
      takes: "file",
      describe: "A file with cases; may be repeated",
    },
    journal: {
      type: "string",
      takes: "folder",
      describe: "The folder of a journal, as in the configuration",
    },
    json: { type: "boolean", describe: "Print JSON" },
    markdown: { type: "boolean", describe: "Print Markdown, for a comment on a pull request" },
  },
  run: (args, io) =>
    withFaults("policy diff", io, DIFF_EXIT.usage, async () => {
      const answer = await diffOf(args, io);
      if (args.values["json"]) io.out(asJson(answer));
      else io.out(args.values["markdown"] ? markdown(answer) : text(answer));
      return answer.widens ? DIFF_EXIT.wider : DIFF_EXIT.same_or_narrower;
    }),
};

/** Everything that is told. */
export interface DiffAnswer {
  /** Whether somebody may do more than before, or possibly may. */
  readonly widens: boolean;
  readonly policies: { readonly old: string; readonly new: string };
  readonly text: TextDiff;
  /** What rules give administrators and did not, whether or not a case reaches them. */
  readonly administration: readonly AdminGain[];
  readonly cases: readonly CaseDiff[];
  /** Rules and roles that were added or changed, and that no case reaches. */
  readonly unreached: readonly string[];
  readonly journal: readonly (Journaled & JournaledDiff)[];
  /** What came of trying the new policy while the old one was in force. */
  readonly tried: Tried;
  /** What is wrong with the journal, as far as it was read. */
  readonly journal_faults: readonly string[];
}

export interface CaseDiff extends IdentityDiff {
  readonly name: string;
  readonly issuer: string;
  readonly subject: string;
}

async function diffOf(args: Args, io: Io): Promise<DiffAnswer> {
  const [old_file, new_file, ...more] = args.operands;
  if (old_file === undefined || new_file === undefined || more.length > 0)
    throw new UsageError("name two policies: the old one and the new one");
  if (args.values["json"] && args.values["markdown"])
    throw new UsageError("--json or --markdown, not both");
  const loaded = args.values["config"] === undefined ? undefined : await configOf(args, io);
  const old = await openFile(resolve(io.cwd, old_file), loaded);
  const now = await openFile(resolve(io.cwd, new_file), loaded);
  const { cases, reached } = await casesOf(args, io, old, now);
  const dir = args.values["journal"];
  const read =
    dir === undefined
      ? { identities: [], faults: [], tried: { decisions: 0, differences: [] } }
      : await identitiesIn(
          resolve(io.cwd, String(dir)),
          old.open.policy.digest,
          now.open.policy.digest,
        );
  const diff = diffJournaled(old.open, now.open);
  const journal = read.identities.map((who) => ({ ...who, ...diff(who) }));
  const changed = textDiff(old.open, now.open);
  const administration = adminGains(old.open, now.open);
  return {
    widens:
      administration.length > 0 ||
      cases.some(widens) ||
      journal.some(({ sure, unsure }) => widens(sure) || widens(unsure)) ||
      read.tried.differences.some(({ more }) => more.length > 0),
    policies: { old: old.open.policy.digest, new: now.open.policy.digest },
    text: changed,
    administration,
    cases,
    unreached: [...changed.added, ...changed.changed].filter((part) => !reached.has(part)),
    journal,
    tried: read.tried,
    journal_faults: read.faults,
  };
}

async function casesOf(args: Args, io: Io, old: Opened, now: Opened) {
  const named = args.values["cases"];
  const none = !Array.isArray(named) && args.values["journal"] !== undefined;
  const files = none ? [] : await caseFiles(Array.isArray(named) ? named : [], io);
  const cases: CaseDiff[] = [];
  const reached = new Set<string>();
  for (const file of files) {
    const read = await readCases(file);
    const issuers = issuersFor(read, now);
    for (const each of read.cases) {
      const who = await subjectOf(each, issuers);
      if (!("identity" in who)) continue; // refused before any policy looks at it
      const { identity, now_s } = who;
      const diff = diffIdentity(old.open.policy, now.open.policy, identity, now_s);
      for (const part of diff.reached) reached.add(part);
      const { issuer, subject } = identity;
      cases.push({ name: each.name, issuer, subject, ...diff });
    }
  }
  return { cases, reached };
}
