import { type Narrowed, readEvents, type StoredEvent } from "../journal/index.ts";
import { type Args, type Command, EXIT, type Io } from "./command.ts";
import { foldersNamed } from "./journal-folders.ts";
import { inOrderOfTime } from "./journal-merge.ts";
import { CONFIG_OPTION } from "./load.ts";
import { inShell, visible } from "./show.ts";

type RevokedEvent = StoredEvent & Narrowed;

/** Lists what NATS servers should be told to turn away. */
export const revoked: Command = {
  name: "revoked",
  summary: "List the live credentials that are revoked, in the form that nsc takes if wanted",
  details: `A policy that takes rights away has its live credentials revoked with on_narrow: revoke. Accounts are
managed by others, so NATS learns of it from you: --nsc prints the commands, to be read and then run
in a shell where nsc manages the operator, followed by nsc push. Whoever still has rights gets another
credential at once: a revocation ends what was issued until then. Credentials that have expired are
left out. With --narrowed those are listed that on_narrow: keep has only named.`,
  example: "nats-sts revoked --journal ./data/journal --nsc",
  options: {
    journal: { type: "string", takes: "folder", describe: "The folder of the journal" },
    ...CONFIG_OPTION,
    narrowed: { type: "boolean", describe: "List what on_narrow: keep has only named" },
    nsc: { type: "boolean", describe: "Print the commands that revoke, with nsc" },
    json: { type: "boolean", describe: "For programs: the events, one a line" },
  },
  async run(args, io) {
    const wrong = (what: string) => {
      io.err(visible(`nats-sts revoked: ${what}`));
      return EXIT.usage;
    };
    if (args.values["nsc"] && args.values["json"]) return wrong("--nsc or --json, not both");
    const folders = await foldersNamed(args, io);
    if (typeof folders === "string") return wrong(folders);
    const { events, faults } = await revokedIn(folders, args, io);
    for (const event of events) io.out(lineOf(event, args));
    if (events.length === 0) io.err("No live credential is revoked.");
    for (const fault of faults) io.err(visible(fault));
    return faults.length > 0 ? EXIT.no : EXIT.done;
  },
};

/** Each credential once, with what was said of it last. */
async function revokedIn(folders: readonly string[], { values }: Args, io: Io) {
  const now_s = io.now_ms() / 1000;
  const type = values["narrowed"] ? "credential.narrowed" : "credential.revoked";
  const faults: string[] = [];
  const heard = { fault: (sentence: string) => void faults.push(sentence), reached: () => {} };
  const fits = (event: StoredEvent) => event.type === type && (event as RevokedEvent).exp > now_s; // by its type
  const all = folders.map((folder) => readEvents(folder, { fits }, heard));
  const found = new Map<string, RevokedEvent>();
  for await (const event of inOrderOfTime(all, undefined)) {
    const one = event as RevokedEvent; // by what was asked for
    found.set(one.id, one);
  }
  return { events: [...found.values()], faults };
}

/** Values that were written by others are shown quoted, whatever a shell would make of them. */
function lineOf(event: RevokedEvent, { values }: Args): string {
  const { at, account, user_public_key, exp, sure } = event;
  if (values["json"]) return visible(JSON.stringify(event));
  const at_s = Math.floor(Date.parse(at) / 1000);
  if (values["nsc"])
    return `nsc revocations add-user --account ${inShell(visible(account))} --user-public-key ${inShell(visible(user_public_key))} --at ${at_s}`;
  const until = new Date(exp * 1000).toISOString();
  return visible(
    `${at}  ${account}  ${user_public_key}  expires ${until}${sure ? "" : "  possibly"}`,
  );
}
