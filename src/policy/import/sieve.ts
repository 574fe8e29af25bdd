import { meet } from "../meet.ts";
import { covers, type Direction, overlaps, parseSubject, type Subject } from "../subject.ts";
import type { Refusal } from "./rights.ts";
import { shown } from "./said.ts";

/** One direction of a role: what is allowed and denied, and what had to be left out. */
export interface Sieved {
  readonly allow: readonly Subject[];
  readonly deny: readonly Subject[];
  /**
   * Queue forms that are left out. nats-server refuses other queue groups where one stands, so that
   * what overlaps it would be wider without it.
   */
  readonly forms_gone: readonly Subject[];
  /** Each a sentence without a full stop. */
  readonly notes: readonly string[];
}

/** Inboxes cannot be denied by a policy: each identity has one. */
const INBOXES: Subject = { text: "_INBOX.>", tokens: ["_INBOX", ">"] };

/**
 * Takes over what a policy can say. It is never more than before: what cannot be allowed is left out,
 * and where something cannot be denied, what it takes away from is left out.
 *
 * @param allow the subjects in effect: where nothing is said, `>`
 */
export function sieve(
  allow: readonly string[],
  deny: readonly string[],
  direction: Direction,
): Sieved | Refusal {
  const texts = [...allow, ...deny];
  if (texts.some((text) => OTHER_BLANKS.test(text)))
    return {
      refused: "a subject of its JWT has blanks that servers and policies read differently",
    };
  for (const text of texts)
    if (!isTaken(text, direction))
      return { refused: `nats-server refuses its JWT for the subject ${shown(text)}` };
  const denied = readDenies(deny, direction);
  if ("refused" in denied) return denied;
  const notes = [...denied.notes];
  const kept: Subject[] = [];
  const forms_gone: Subject[] = [];
  for (const text of allow) {
    const subject = parseSubject(text, direction);
    if (!("fault" in subject)) kept.push(subject);
    else {
      notes.push(`left out: ${shown(text)} ${subject.fault}`);
      if (text.includes(" "))
        forms_gone.push({ text, tokens: text.split(" ")[0]?.split(".") ?? [] });
    }
  }
  const rest = withoutDenied(kept, denied);
  return {
    ...rest,
    forms_gone: [...forms_gone, ...rest.forms_gone],
    notes: [...notes, ...rest.notes],
  };
}

/** Whatever parts words, but a space. */
const OTHER_BLANKS = /[^\S ]|\p{Cc}|\p{Cf}/u;

/** As nats-server checks the permissions of a JWT; one that fails, and nobody connects with it. */
function isTaken(text: string, direction: Direction): boolean {
  const parts = text.split(" ");
  if (parts.length > (direction === "subscribe" ? 2 : 1)) return false;
  return parts.every((part) => part !== "" && !/^\.|\.\.|\.$/.test(part));
}

/** What nats-server takes no notice of, once it has taken the JWT. */
const isPassedOver = (tokens: readonly string[]) => tokens.slice(0, -1).includes(">");

interface Denies {
  /** A policy can deny these. */
  readonly soft: readonly Subject[];
  /** A policy cannot: neither may anything be allowed that they take something away from. */
  readonly hard: readonly Subject[];
  readonly notes: readonly string[];
}

function readDenies(texts: readonly string[], direction: Direction): Denies | Refusal {
  const [soft, hard, notes]: [Subject[], Subject[], string[]] = [[], [], []];
  for (const text of texts) {
    if (!/^[\x20-\x7e]+$/.test(text))
      return { refused: `it is denied ${shown(text)}, which no policy can say` };
    const [bare = "", queue] = text.split(" ");
    if (queue !== undefined)
      notes.push(`narrower: ${shown(text)} was denied in that queue group only, now it is denied`);
    const tokens = bare.split(".");
    if (isPassedOver(tokens))
      notes.push(`${shown(text)} is left out of what is denied: nats-server passes over it`);
    else {
      const unsaid = "fault" in parseSubject(bare, "publish");
      const inbox = direction === "subscribe" && overlaps(INBOXES, { text: bare, tokens });
      (unsaid || inbox ? hard : soft).push({ text: bare, tokens });
    }
  }
  return { soft, hard, notes };
}

function withoutDenied(allow: readonly Subject[], { soft, hard }: Omit<Denies, "notes">): Sieved {
  const notes: string[] = [];
  const deny = new Map<string, Subject>();
  const forms_gone: Subject[] = [];
  const kept = allow.filter((subject) => {
    const denies = [...soft, ...hard].filter((one) => overlaps(one, subject));
    if (denies.some((one) => covers(one, subject))) {
      notes.push(`${shown(subject.text)} is left out: all of it was denied`);
      return false;
    }
    const precise = denies.map((one) => (hard.includes(one) ? preciseDeny(one, subject) : one));
    const unsaid = precise.indexOf(undefined);
    if (unsaid >= 0) {
      notes.push(
        `narrower: ${shown(subject.text)} is left out, because no policy can deny ${shown(denies[unsaid]?.text ?? "")} in it`,
      );
      if (subject.queue) forms_gone.push(subject);
      return false;
    }
    for (const one of precise) if (one) deny.set(one.text, one);
    return true;
  });
  return { allow: kept, deny: [...deny.values()], forms_gone, notes };
}

/** What a deny means within one subject, if a policy can deny that much. */
function preciseDeny(deny: Subject, within: Subject): Subject | undefined {
  const both = meet(deny, within);
  if (!both || "fault" in parseSubject(both.text, "publish")) return undefined;
  return overlaps(both, INBOXES) ? undefined : both;
}
