import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { readEvents, type StoredEvent } from "../journal/index.ts";
import { type Args, type Command, EXIT, type Io } from "./command.ts";
import { foldersNamed } from "./journal-folders.ts";
import { inOrderOfTime } from "./journal-merge.ts";
import { eventJson } from "./journal-text.ts";
import { CONFIG_FILE, CONFIG_OPTION } from "./load.ts";
import { asJson, count, visible } from "./show.ts";
import { type Given, givenIn } from "./whois-given.ts";
import { claimedText, type IssuedEvent, recordedText, signatureText } from "./whois-text.ts";

/** A key of a caller's own may have had a credential each hour: the newest say enough. */
const SHOWN = 10;

/** Says who has a credential, and why. */
export const whois: Command = {
  name: "whois",
  operands: "[U...|ID|FILE]",
  summary: "Say who has a credential: identity, rules, policy, request, account, times",
  details: `Takes a user key (U...), the id of a credential, or a file with a JWT or creds, and looks it up in the
journal that --journal or --config names, or else NATS_STS_CONFIG or nats-sts.yaml. Without a journal, a
JWT still tells the digests and the request under which the journal has the rest, and whether its
signature fits. A JWT is read from a file or from standard input (--file -), never from the command
line. Of a creds file only the JWT is looked at: no seed is printed. Exits with 1 when nothing is known,
or a signature is wrong.`,
  example: "nats-sts whois --journal ./data/journal --file app.creds",
  options: {
    file: {
      type: "string",
      takes: "file",
      describe: "A file with a JWT or creds; - is standard input",
    },
    journal: { type: "string", takes: "folder", describe: "The folder of the journal" },
    ...CONFIG_OPTION,
    json: { type: "boolean", describe: "For programs: the events, or what the JWT says" },
  },
  async run(args, io) {
    const wrong = (what: string) => {
      io.err(visible(`nats-sts whois: ${what}`));
      return EXIT.usage;
    };
    const given = await givenIn(args, io);
    if (typeof given === "string") return wrong(given);
    const folders = await foldersFor(given, args, io);
    if (typeof folders === "string") return wrong(folders);
    const json = args.values["json"] === true;
    return folders ? recorded(given, folders, json, io) : claimed(given, json, io);
  },
};

/**
 * Where to look it up; undefined where a JWT is to speak for itself, because nothing names a journal, or
 * what names one unasked is of no use.
 */
async function foldersFor(
  given: Given,
  args: Args,
  io: Io,
): Promise<readonly string[] | undefined | string> {
  const { journal, config } = args.values;
  if (given.kind !== "jwt" || journal !== undefined || config !== undefined)
    return foldersNamed(args, io);
  const there = await stat(resolve(io.cwd, io.env["NATS_STS_CONFIG"] || CONFIG_FILE)).catch(
    () => undefined,
  );
  if (!there) return undefined;
  const folders = await foldersNamed(args, io);
  if (typeof folders !== "string") return folders;
  io.err(visible(`not looked up in a journal: ${folders}`));
  return undefined;
}

/** What the journal says. */
async function recorded(
  given: Given,
  folders: readonly string[],
  json: boolean,
  io: Io,
): Promise<number> {
  const found = await issuedTo(given, folders, io);
  for (const [i, event] of found.entries()) {
    if (json) io.out(eventJson(event));
    else
      for (const line of [...(i > 0 ? [""] : []), ...recordedText(event, io.now_ms())])
        io.out(line);
  }
  if (found.length === SHOWN && !json)
    io.out(`\nThese are the newest ${count(SHOWN, "credential")}.`);
  if (found.length === 0) {
    io.err(
      "This journal knows of no such credential: it was not issued here, or so long ago that its events were removed.",
    );
  }
  const forged = given.kind === "jwt" ? forgery(given, found) : undefined;
  if (forged !== undefined) io.err(forged);
  return found.length > 0 && forged === undefined ? EXIT.done : EXIT.no;
}

async function issuedTo(given: Given, folders: readonly string[], io: Io): Promise<IssuedEvent[]> {
  const fits = (event: StoredEvent) => {
    if (event.type !== "credential.issued") return false;
    if (given.kind === "key") return event.user_public_key === given.user_public_key;
    return event.id === (given.kind === "id" ? given.id : given.jwt.id);
  };
  const heard = { fault: (sentence: string) => io.err(visible(sentence)), reached: () => {} };
  const found: IssuedEvent[] = [];
  const events = folders.map((folder) => readEvents(folder, { fits, last: SHOWN }, heard));
  for await (const event of inOrderOfTime(events, SHOWN)) {
    if (event.type === "credential.issued") found.push(event);
  }
  return found;
}

/** Why a JWT with the id of a credential is not that credential; undefined where it is. */
function forgery({ jwt }: Extract<Given, { kind: "jwt" }>, found: readonly IssuedEvent[]) {
  if (!jwt.signature_fits) return signatureText(jwt);
  const other = found.some(
    ({ user_public_key, signing_key }) =>
      user_public_key !== jwt.user_public_key || signing_key !== jwt.signing_key,
  );
  return other
    ? "The JWT has the id of this credential, but another user key or another signature: it is forged."
    : undefined;
}

/** What a JWT says of itself; of anything else, nothing could be said. */
function claimed(given: Given, json: boolean, io: Io): number {
  if (given.kind !== "jwt") return EXIT.no;
  const { jwt } = given;
  if (json) io.out(asJson(jwt));
  else for (const line of claimedText(jwt, io.now_ms())) io.out(line);
  if (!json) io.out(`\n${signatureText(jwt)}`);
  if (!json) io.out("Who that is stands in the journal: add --journal DIR or --config FILE.");
  return jwt.signature_fits ? EXIT.done : EXIT.no;
}
