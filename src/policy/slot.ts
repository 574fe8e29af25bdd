import { type ClaimPath, claimPath, lookup } from "./claims.ts";
import {
  type Direction,
  SUBJECT_LIMIT_CHARS,
  type Subject,
  type SubjectFault,
  splitSubject,
} from "./subject.ts";

/** A place in a subject that a claim fills with exactly one token. */
export interface Slot {
  /** As written, with its braces. */
  readonly text: string;
  readonly claim: ClaimPath;
  /** `:escape` was written: what is no letter, digit or `-` is escaped rather than refused. */
  readonly escapes: boolean;
}

/** A subject as a policy writes it: its tokens, with `{}` where the next slot stands. */
export interface Template {
  readonly subject: Subject;
  readonly slots: readonly Slot[];
}

/** What fills a slot. It starts with a letter or digit, so no claim makes a reserved subject. */
const VALUE = /^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$/;
const VALUE_LIMIT_CHARS = 128;
const ESCAPED_LIMIT_CHARS = 127;

/** Reads a subject with its slots, which are found before it is split: their names can hold dots. */
export function parseTemplate(text: string, direction: Direction): Template | SubjectFault {
  const slots: (Slot | undefined)[] = [];
  const bare = text.replace(/\{([^{}]*)\}/g, (whole, inside: string) => {
    slots.push(parseSlot(whole, inside));
    return "{}";
  });
  const known = slots.filter((slot) => slot !== undefined);
  if (known.length < slots.length) {
    return {
      fault: "has a slot that names no claim: write {claim}, {/json/pointer} or {claim:escape}",
    };
  }
  // Checked at its longest, so that no claim can make it too long later.
  if (bare.length + known.length * VALUE_LIMIT_CHARS > SUBJECT_LIMIT_CHARS) {
    return { fault: `can become longer than ${SUBJECT_LIMIT_CHARS} characters` };
  }
  const subject = splitSubject(bare, direction);
  return "fault" in subject ? subject : { subject, slots: known };
}

function parseSlot(text: string, inside: string): Slot | undefined {
  const escapes = inside.endsWith(":escape");
  const name = escapes ? inside.slice(0, -":escape".length) : inside;
  const claim = /[\s\p{C}]/u.test(name) ? undefined : claimPath(name);
  return claim && { text, claim, escapes };
}

/** The token that the claims put into a slot; undefined if they cannot. */
export function slotValue({ claim, escapes }: Slot, claims: unknown): string | undefined {
  const value = lookup(claims, claim);
  if (typeof value !== "string") return undefined;
  const token = escapes ? escaped(value) : value;
  return token !== undefined && VALUE.test(token) ? token : undefined;
}

/** Injective: `_` is escaped too, and a lone surrogate, which UTF-8 cannot tell from others, is refused. */
function escaped(value: string): string | undefined {
  if (value.length > ESCAPED_LIMIT_CHARS || !/^[A-Za-z0-9]/.test(value) || /\p{Cs}/u.test(value)) {
    return undefined;
  }
  let token = "";
  for (const byte of Buffer.from(value)) {
    const char = String.fromCharCode(byte);
    token += /[A-Za-z0-9-]/.test(char) ? char : `_${byte.toString(16).padStart(2, "0")}`;
  }
  return token.length <= ESCAPED_LIMIT_CHARS ? token : undefined;
}

/** The subject with its slots filled; undefined where a value is missing. */
export function fill(
  { subject, slots }: Template,
  values: ReadonlyMap<string, string>,
): Subject | undefined {
  if (slots.length === 0) return subject;
  let next = 0;
  const tokens: string[] = [];
  for (const token of subject.tokens) {
    const value = token === "{}" ? values.get(slots[next++]?.text ?? "") : token;
    if (value === undefined) return undefined;
    tokens.push(value);
  }
  const plain = tokens.join(".");
  return subject.queue
    ? { text: `${plain} ${subject.queue.join(".")}`, tokens, queue: subject.queue }
    : { text: plain, tokens };
}
