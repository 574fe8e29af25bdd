import { resolve } from "node:path";
import { type KeptHeads, readKeptHeads, type Verified, verifyJournal } from "../journal/index.ts";
import { decodePublicKey } from "../keys/index.ts";
import { type Args, type Command, EXIT, type Io } from "./command.ts";
import { unlessUnreadable } from "./journal-folders.ts";
import { count, visible } from "./show.ts";

/** Checks that a journal is whole: nothing changed, removed, inserted or moved. */
export const journalVerify: Command = {
  name: "journal verify",
  operands: "DIR",
  summary: "Check that nothing in a journal was changed, of one writer or of all in a folder",
  details: `Reads every event and checks that each carries the hash of the one before. Takes no lock and changes
nothing, so it may run while the service does. Exits with 1 when anything was changed, removed,
inserted or moved.

Whoever can write to the folder could write all of it anew, or cut off its end. That shows with
--heads: the service signs the head of the chain every minute (journal.heads), appends it to
heads.jsonl and puts it into its log. Keep one of them where those who can write to the journal
cannot, and name it here: a heads file, or the log itself. --head-key says whose signatures count;
the service tells its key with every head.`,
  example: "nats-sts journal verify ./data/journal --heads /mnt/kept/heads.jsonl --head-key NCKX…",
  options: {
    heads: {
      type: "string",
      takes: "file",
      describe: "Heads that were kept elsewhere: a heads file, or a log",
    },
    "head-key": {
      type: "string",
      multiple: true,
      describe: "The public key that signed them (N...); may be repeated",
    },
  },
  async run(args, io) {
    const wrong = (what: string) => {
      io.err(`nats-sts journal verify: ${what}`);
      return EXIT.usage;
    };
    const [dir, ...more] = args.operands;
    if (dir === undefined || more.length > 0)
      return wrong("name one folder, such as ./data/journal");
    // Before the journal, so that no head is newer than what is read of it.
    const heads = await headsOf(args, io.cwd);
    if (typeof heads === "string") return wrong(heads);
    const verified = await unlessUnreadable(dir, verifyJournal(resolve(io.cwd, dir), heads));
    if (typeof verified === "string") return wrong(verified);
    if (verified.length === 0) {
      io.err(`${dir}: holds no journal`);
      return EXIT.no;
    }
    return report(verified, heads, io);
  },
};

async function headsOf({ values }: Args, cwd: string): Promise<KeptHeads | undefined | string> {
  const file = values["heads"];
  const keys = [values["head-key"] ?? []].flat().map(String);
  const mistyped = keys.find((key) => decodePublicKey("server", key) === undefined);
  if (mistyped !== undefined)
    return `--head-key ${visible(mistyped)} is not the public key of a server (N and 55 more), or was mistyped`;
  if (file !== undefined)
    return unlessUnreadable(String(file), readKeptHeads(resolve(cwd, String(file)), keys));
  return keys.length > 0 ? "--head-key needs --heads: the file with the heads" : undefined;
}

function report(verified: readonly Verified[], heads: KeptHeads | undefined, io: Io): number {
  for (const fault of heads?.faults ?? []) io.err(visible(fault));
  for (const each of verified) {
    for (const fault of each.faults) io.err(visible(fault));
    for (const line of aboutWriter(each)) io.out(visible(line));
  }
  const broken = verified.filter(({ faults }) => faults.length > 0);
  const whole = broken.length === 0 && (heads?.faults.length ?? 0) === 0;
  for (const line of aboutHeads(heads, verified)) io.out(line);
  if (whole) return EXIT.done;
  io.err(REMEDY);
  return EXIT.no;
}

function aboutWriter(verified: Verified): string[] {
  const { writer, events, segments, first_seq, last_seq, last_hash, sound_to_seq } = verified;
  const { faults, pruned, torn_tail, heads } = verified;
  const span = `${count(events, "event")} (${first_seq} to ${last_seq}) in ${count(segments, "segment")}`;
  const lines = [`${writer}: ${faults.length === 0 ? "ok" : "BROKEN"}, ${span}, head ${last_hash}`];
  if (sound_to_seq < last_seq) {
    lines.push(`  whole up to event ${sound_to_seq}: what comes after it may be anything`);
  }
  if (pruned) {
    lines.push(`  events up to ${pruned.last_seq} were removed as too old (noted ${pruned.at})`);
  }
  if (torn_tail) {
    lines.push(
      `  the last ${count(torn_tail.bytes, "byte")} are no whole line: being written just now, or cut short by a crash; the next start repairs that`,
    );
  }
  if (heads?.newest && faults.length === 0) {
    const since = last_seq - heads.newest.seq;
    const old = heads.too_old > 0 ? `, ${heads.too_old} too old to check` : "";
    lines.push(
      `  ${count(heads.fitting, "head")} fit${old}; the newest, of ${heads.newest.at}, vouches for all up to event ${heads.newest.seq}, ${since === 0 ? "the last" : `and for none of the ${count(since, "event")} since`}`,
    );
  }
  return lines;
}

/** What was not checked, and could be. */
function aboutHeads(heads: KeptHeads | undefined, verified: readonly Verified[]): string[] {
  if (!heads) {
    return [
      "Not checked: whether all of it was written anew, or its end cut off. --heads FILE checks that.",
    ];
  }
  if (heads.keys_known || heads.keys.length === 0) return [];
  const who = verified.length === 1 ? "this service" : "these services";
  return [
    `The heads are signed by ${heads.keys.join(", ")}. Not checked: whether that is the key of ${who}. --head-key N... checks that.`,
  ];
}

const REMEDY = `The journal is not the one that was written. What to do:
  1. Keep a copy of the folder and of the heads as they are now.
  2. Compare with a backup that verifies: what is missing or different shows what was hidden.
  3. Find out who could write there since the last good head, and take that away.
  4. Start again from the newest copy that verifies; without it, revocations are forgotten.`;
