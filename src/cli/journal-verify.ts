import { resolve } from "node:path";
import { verifyJournal } from "../journal/index.ts";
import { type Command, EXIT } from "./command.ts";

/** Checks that a journal is whole: nothing changed, removed, inserted or moved. */
export const journalVerify: Command = {
  name: "journal verify",
  operands: "DIR",
  summary: "Check the hash chain of a journal, of one writer or of all in a folder",
  details: `Reads every event and checks that each carries the hash of the one before. Takes no lock and changes
nothing, so it may run while the service does. The head that it prints vouches for all that came
before: keep it elsewhere, and a later run shows whether the past was rewritten. Exits with 1 when
anything was changed, removed, inserted or moved.`,
  example: "nats-sts journal verify ./data/journal",
  options: {},
  async run({ operands }, io) {
    const [dir, ...more] = operands;
    if (dir === undefined || more.length > 0) {
      io.err("nats-sts journal verify: name one folder, such as ./data/journal");
      return EXIT.usage;
    }
    const writers = await verifyJournal(resolve(io.cwd, dir)).catch((error: unknown) => {
      const { code, syscall } = error as NodeJS.ErrnoException; // if it is one, it has a syscall
      if (syscall === undefined) throw error;
      io.err(`nats-sts journal verify: ${dir} cannot be read (${code})`);
      return undefined;
    });
    if (!writers) return EXIT.usage;
    for (const { writer, events, segments, first_seq, last_seq, last_hash, faults } of writers) {
      for (const fault of faults) io.err(fault);
      const span = `${events} events (${first_seq} to ${last_seq}) in ${segments} segments`;
      io.out(`${writer}: ${faults.length === 0 ? "ok" : "BROKEN"}, ${span}, head ${last_hash}`);
    }
    if (writers.length === 0) io.err(`${dir}: holds no journal`);
    return writers.length > 0 && writers.every(({ faults }) => faults.length === 0)
      ? EXIT.done
      : EXIT.no;
  },
};
