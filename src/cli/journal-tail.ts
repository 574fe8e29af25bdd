import { basename } from "node:path";
import {
  changesIn,
  type Filter,
  followJournal,
  readEvents,
  type StoredEvent,
} from "../journal/index.ts";
import { type Args, type Command, EXIT, type Io } from "./command.ts";
import { FILTER_OPTIONS, filterOf } from "./journal-filter.ts";
import { journalFolders } from "./journal-folders.ts";
import { inOrderOfTime } from "./journal-merge.ts";
import { eventJson, eventText } from "./journal-text.ts";
import { visible } from "./show.ts";
import { word } from "./word.ts";

/** Enough for a screen, where nothing says how many. */
const LINES = 50;
const LINES_MAX = 1_000_000;

/** Shows what was decided: the last of it, and what comes. */
export const journalTail: Command = {
  name: "journal tail",
  operands: "DIR",
  summary: "Show the decisions in a journal: the last ones, those that fit, those that come",
  details: `One line a decision: time, issued or why not, identity, account/roles, rules, request id. With
--verbose the lines below it say what each rule missed on. Several writers are shown in one, in order
of time. Takes no lock and changes nothing, so it may run while the service does. What callers wrote
is shown with its control characters written out. Checks little: journal verify is for that.`,
  example: "nats-sts journal tail ./data/journal --code no_rule_matched --since 1h --verbose",
  options: {
    ...FILTER_OPTIONS,
    lines: {
      type: "string",
      short: "n",
      describe: `At most the last so many (default: ${LINES}; all with --since, --until or --request)`,
    },
    follow: { type: "boolean", short: "f", describe: "Go on with what comes, until interrupted" },
    verbose: {
      type: "boolean",
      short: "v",
      describe: "Say what was granted, or why not, below each decision",
    },
    json: { type: "boolean", describe: "The events as they stand there, one a line" },
  },
  async run(args, io) {
    const [dir, ...more] = args.operands;
    const filter = filterOf(args, io.now_ms());
    const last = lastOf(args);
    const fault = [filter, last].find((read) => typeof read === "string");
    if (dir === undefined || more.length > 0)
      return wrong(io, "name one folder, such as ./data/journal");
    if (typeof filter === "string" || typeof last === "string") return wrong(io, String(fault));
    const folders = await journalFolders(dir, io.cwd);
    if (typeof folders === "string") return wrong(io, folders);
    try {
      return await tailing(folders, { ...args.values, filter, last }, io);
    } catch (error) {
      // Whoever reads our output may have seen enough, as `| head` has.
      if ((error as NodeJS.ErrnoException).code === "EPIPE") return EXIT.done; // if it has a code
      throw error;
    }
  },
};

interface Wanted {
  readonly filter: Filter;
  readonly last: number | undefined;
  readonly follow?: unknown;
  readonly verbose?: unknown;
  readonly json?: unknown;
}

async function tailing(folders: readonly string[], wanted: Wanted, io: Io): Promise<number> {
  const { filter, last, follow } = wanted;
  const show = shower(wanted, folders.length > 1, io);
  const ending = new AbortController();
  let faults = 0;
  const fault = (sentence: string) => {
    faults += 1;
    io.err(visible(sentence));
  };
  // Watched before it is read, so that nothing can happen unseen in between.
  const tails = folders.map((folder) => ({
    ...{ folder, reached_seq: 0 },
    changed: follow === true ? changesIn([folder], ending.signal) : async () => false,
  }));
  try {
    const past = tails.map((tail) =>
      readEvents(tail.folder, last === undefined ? filter : { ...filter, last }, {
        fault,
        reached: (seq) => {
          tail.reached_seq = Math.max(tail.reached_seq, seq);
        },
      }),
    );
    for await (const event of inOrderOfTime(past, last)) await show(event);
    if (follow === true) {
      void io.stopped().then(() => ending.abort());
      await Promise.all(
        tails.map(async ({ folder, reached_seq, changed }) => {
          for await (const next of followJournal(folder, reached_seq + 1, changed)) {
            if (next.kind === "notice") io.err(visible(`${basename(folder)}: ${next.sentence}`));
            else if (filter.fits(next.event)) await show(next.event);
          }
        }),
      );
    }
  } finally {
    ending.abort();
  }
  if (faults === 0) return EXIT.done;
  io.err("The journal is not as it was written: nats-sts journal verify says what to do.");
  return EXIT.no;
}

/** How events are shown. Waits for the reader, however much there is. */
function shower({ verbose, json }: Wanted, many: boolean, io: Io) {
  return (event: StoredEvent): Promise<void> => {
    if (json === true) return io.write(`${eventJson(event)}\n`);
    const [line = "", ...below] = eventText(event, verbose === true);
    const first = many ? `${line}  writer ${word(event.writer)}` : line;
    return io.write([first, ...below, ""].join("\n"));
  };
}

function lastOf({ values }: Args): number | undefined | string {
  const text = values["lines"];
  if (text === undefined) {
    const bounded = ["since", "until", "request"].some((name) => values[name] !== undefined);
    return bounded ? undefined : LINES;
  }
  const number = /^[1-9][0-9]{0,6}$/.test(String(text)) ? Number(text) : Number.NaN;
  return number <= LINES_MAX ? number : `--lines must be a whole number from 1 to ${LINES_MAX}`;
}

function wrong(io: Io, what: string): number {
  io.err(`nats-sts journal tail: ${what}`);
  return EXIT.usage;
}
