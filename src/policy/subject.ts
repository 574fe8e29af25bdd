/** In which direction a subject is used. Only a subscription can name a queue group. */
export type Direction = "publish" | "subscribe";

/** A subject pattern that NATS takes for what it looks like, split once. */
export interface Subject {
  /** As it stands in a JWT: the subject and, after one space, the queue group. */
  readonly text: string;
  readonly tokens: readonly string[];
  /** The queue group, itself a pattern: NATS reads `v1.*` and `>` in it as wildcards. */
  readonly queue?: readonly string[];
}

/** Why a text is no subject, as the rest of a sentence that begins with the text. */
export interface SubjectFault {
  readonly fault: string;
}

/** No subject is longer, slots filled in and queue group included. */
export const SUBJECT_LIMIT_CHARS = 1024;
const TOKENS_LIMIT = 64;

/**
 * Reads a subject pattern. Refuses what the server rejects (empty tokens, blanks), what it silently
 * ignores (`a.>.b`, which in a list of denies would deny nothing) and what looks like a wildcard but
 * is a literal (`a*b`). Braces are refused: in a scoped signing key they would be a template.
 */
export function parseSubject(text: string, direction: Direction): Subject | SubjectFault {
  if (text.length > SUBJECT_LIMIT_CHARS) {
    return { fault: `is longer than ${SUBJECT_LIMIT_CHARS} characters` };
  }
  if (/[{}]/.test(text)) return { fault: "must not hold { or }" };
  return splitSubject(text, direction);
}

/** {@link parseSubject} for a text whose `{…}` slots have each become `{}`. */
export function splitSubject(text: string, direction: Direction): Subject | SubjectFault {
  const [subject = "", queue, ...more] = text.split(" ");
  if (queue !== undefined && direction === "publish") {
    return { fault: "must not hold a space: only a subscription has a queue group" };
  }
  if (more.length > 0) {
    return { fault: "must hold one space at most, between the subject and its queue group" };
  }
  const tokens = subject.split(".");
  const fault = faultIn(tokens, "token");
  if (fault !== undefined) return { fault };
  if (queue === undefined) return { text, tokens };

  const group = queue.split(".");
  const groupFault = group.includes("{}")
    ? "must not have a slot in its queue group"
    : faultIn(group, "part of the queue group");
  return groupFault === undefined ? { text, tokens, queue: group } : { fault: groupFault };
}

function faultIn(tokens: readonly string[], part: string): string | undefined {
  if (tokens.length > TOKENS_LIMIT) return `has more than ${TOKENS_LIMIT} tokens`;
  for (const [index, token] of tokens.entries()) {
    if (token === "") return `has an empty ${part}`;
    if (!/^[\x21-\x7e]+$/.test(token)) {
      return "must hold printable ASCII only, and no blanks beside the one before a queue group";
    }
    if (token.length > 1 && /[*>]/.test(token)) {
      return "has * or > inside a token, where NATS takes it literally: a wildcard stands alone";
    }
    if (token === ">" && index < tokens.length - 1)
      return "has > before its end: > can only be last";
    if (token !== "{}" && /[{}]/.test(token)) {
      return "has { or } that is no slot: a slot such as {tenant} is one whole token";
    }
  }
  return undefined;
}

/**
 * Whether everything that `wanted` permits is permitted by `granted`. A plain subject covers itself
 * with every queue group; a queue form covers its subject in an equal or narrower group only, and
 * never the plain subject, which would see every message.
 */
export function covers(granted: Subject, wanted: Subject): boolean {
  if (!tokensCover(granted.tokens, wanted.tokens)) return false;
  if (granted.queue === undefined) return true;
  return wanted.queue !== undefined && tokensCover(granted.queue, wanted.queue);
}

/** Whether some subject, whatever the queue groups, is matched by both. */
export function overlaps(a: Subject, b: Subject): boolean {
  const length = Math.max(a.tokens.length, b.tokens.length);
  for (let i = 0; i < length; i++) {
    const x = a.tokens[i];
    const y = b.tokens[i];
    if (x === undefined || y === undefined) return false;
    if (x === ">" || y === ">") return true;
    if (x !== y && x !== "*" && y !== "*") return false;
  }
  return true;
}

/** Whether a message on the literal subject `literal` is one of those that `pattern` names. */
export function matches(pattern: Subject, literal: string): boolean {
  return tokensCover(pattern.tokens, literal.split("."));
}

/**
 * Whether the pattern reaches into what NATS keeps for itself: everything whose first token starts
 * with `$` or `_`, so `*.>` just as `$JS.API.>`.
 */
export function reserved({ tokens: [first = ""] }: Subject): boolean {
  return first === "*" || first === ">" || first.startsWith("$") || first.startsWith("_");
}

function tokensCover(granted: readonly string[], wanted: readonly string[]): boolean {
  for (const [i, token] of granted.entries()) {
    const other = wanted[i];
    if (other === undefined) return false;
    if (token === ">") return true;
    if (other === ">" || (token !== "*" && token !== other)) return false;
  }
  return granted.length === wanted.length;
}

/**
 * Unites the permissions of one direction: without duplicates, sorted. A queue form beside a plain
 * subject that covers it is left out: it adds nothing, and the server would take the plain subject's
 * other queue groups away (`orders.>` beside `orders.new workers` refuses the group `audit`).
 */
export function unite(subjects: Iterable<Subject>): readonly Subject[] {
  const all = new Map<string, Subject>();
  for (const subject of subjects) all.set(subject.text, subject);
  const plain = [...all.values()].filter(({ queue }) => queue === undefined);
  for (const { text, ...subject } of all.values()) {
    if (subject.queue === undefined) continue;
    if (plain.some((other) => tokensCover(other.tokens, subject.tokens))) all.delete(text);
  }
  return [...all.values()].sort((a, b) => (a.text < b.text ? -1 : 1));
}
