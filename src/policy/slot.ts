import type { Identity } from "../identity/index.ts";
import { type ClaimPath, claimPath, lookup } from "./claims.ts";
import { isVouched } from "./email.ts";
import {
  type Direction,
  SUBJECT_LIMIT_CHARS,
  type Subject,
  type SubjectFault,
  splitSubject,
} from "./subject.ts";

/** A place in a subject that a claim, or who the caller is, fills with exactly one token. */
export interface Slot {
  /** As written, with its braces. */
  readonly text: string;
  /** A claim, or what verification proved about the caller. */
  readonly source: ClaimPath | "identity" | "subject" | "client";
  /** `:escape` was written: what is no letter, digit or `-` is escaped rather than refused. */
  readonly escapes: boolean;
  /** `each` was written: an array, and one subject for each of its members. */
  readonly each: boolean;
}

/** A subject as a policy writes it: its tokens, with `{}` where the next slot stands. */
export interface Template {
  readonly subject: Subject;
  readonly slots: readonly Slot[];
}

/** What fills slots, by the text of the slot: one value, or those of an array. */
export type Values = ReadonlyMap<string, readonly string[]>;

/** What fills a slot. It starts with a letter or digit, so no claim makes a reserved subject. */
const VALUE = /^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$/;
const VALUE_LIMIT_CHARS = 128;
const ESCAPED_LIMIT_CHARS = 127;
/** Members of an array that fill a slot. */
const EACH_LIMIT = 64;
/** Digits of an identity's digest: those of its inbox. */
const IDENTITY_DIGITS = 32;

/** Reads a subject with its slots, which are found before it is split: their names can hold dots. */
export function parseTemplate(text: string, direction: Direction): Template | SubjectFault {
  const slots: (Slot | undefined)[] = [];
  const bare = text.replace(/\{([^{}]*)\}/g, (whole) => {
    slots.push(parseSlot(whole));
    return "{}";
  });
  const known = slots.filter((slot) => slot !== undefined);
  if (known.length < slots.length) {
    return {
      fault:
        "has a slot that names no claim: write {claim}, {/json/pointer}, {claim:escape}, {each claim}, {@identity}, {@subject} or {@client}",
    };
  }
  if (known.filter(({ each }) => each).length > 1)
    return { fault: "has more than one slot with each" };
  // Checked at its longest, so that no claim can make it too long later.
  if (bare.length + known.length * VALUE_LIMIT_CHARS > SUBJECT_LIMIT_CHARS) {
    return { fault: `can become longer than ${SUBJECT_LIMIT_CHARS} characters` };
  }
  const subject = splitSubject(bare, direction);
  return "fault" in subject ? subject : { subject, slots: known };
}

/** Reads one slot with its braces; undefined if it is none. */
export function parseSlot(text: string): Slot | undefined {
  const [, inside] = /^\{([^{}]*)\}$/.exec(text) ?? [];
  if (inside === undefined) return undefined;
  const escapes = inside.endsWith(":escape");
  const each = inside.startsWith("each ");
  const name = inside.slice(each ? "each ".length : 0, escapes ? -":escape".length : undefined);
  const source = sourceOf(name);
  // Arrays are claims, and the digest of an identity needs no escape.
  if (!source || (typeof source === "string" && each)) return undefined;
  return source === "identity" && escapes ? undefined : { text, source, escapes, each };
}

function sourceOf(name: string): Slot["source"] | undefined {
  if (name === "@identity" || name === "@subject" || name === "@client") {
    return name.slice(1) as "identity" | "subject" | "client"; // one of the three, without its @
  }
  // A claim whose name begins with @ is reached by a pointer.
  return name.startsWith("@") || /[\s\p{C}]/u.test(name) ? undefined : claimPath(name);
}

/** What a slot is filled from, for a trace. */
export const nameOf = ({ source }: Slot) =>
  typeof source === "string" ? source : `claims.${source.name}`;

/** The tokens that go into a slot, one unless it says each; undefined if not every one of them fits. */
export function slotValues(slot: Slot, identity: Identity): readonly string[] | undefined {
  const whole = found(slot, identity);
  const values: unknown = slot.each ? whole : [whole];
  if (!Array.isArray(values) || values.length === 0 || values.length > EACH_LIMIT) return undefined;
  const tokens: string[] = [];
  for (const value of values as readonly unknown[]) {
    const token = typeof value === "string" && slot.escapes ? escaped(value) : value;
    if (typeof token !== "string" || !VALUE.test(token)) return undefined;
    tokens.push(token);
  }
  return tokens;
}

function found({ source }: Slot, identity: Identity): unknown {
  const { claims } = identity;
  if (typeof source !== "string")
    return isVouched(source, claims) ? lookup(claims, source) : undefined;
  return source === "identity" ? identity.digest.slice(0, IDENTITY_DIGITS) : identity[source];
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

/** The subjects that come of filling the slots, none where a value is missing. */
export function fill(template: Template, values: Values): readonly Subject[] {
  const { subject, slots } = template;
  if (slots.length === 0) return [subject];
  const several = slots.find(({ each }) => each);
  if (!several) return filled(template, values, undefined);
  return (values.get(several.text) ?? []).flatMap((member) => filled(template, values, member));
}

function filled(
  { subject, slots }: Template,
  values: Values,
  member: string | undefined,
): readonly Subject[] {
  let next = 0;
  const tokens: string[] = [];
  for (const token of subject.tokens) {
    if (token !== "{}") {
      tokens.push(token);
      continue;
    }
    const slot = slots[next++];
    const value = slot?.each ? member : values.get(slot?.text ?? "")?.[0];
    if (value === undefined) return [];
    tokens.push(value);
  }
  const plain = tokens.join(".");
  return [
    subject.queue
      ? { text: `${plain} ${subject.queue.join(".")}`, tokens, queue: subject.queue }
      : { text: plain, tokens },
  ];
}
