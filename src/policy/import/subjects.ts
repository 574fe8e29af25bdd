import { guardStars } from "../star.ts";
import { covers, overlaps, reserved, type Subject, unite } from "../subject.ts";
import { isEmpty, type Permissions, type Refusal } from "./rights.ts";
import { shown } from "./said.ts";
import { type Sieved, sieve } from "./sieve.ts";

/** The subjects of a role, in the fields of a policy. */
export interface CarriedSubjects {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
  readonly deny_publish: readonly string[];
  readonly deny_subscribe: readonly string[];
  readonly respond?:
    | true
    | { readonly any_subject: true; readonly max: number; readonly ttl: string };
  /** Absent for the private one, which every identity has. */
  readonly inbox?: string;
  readonly allow_reserved: boolean;
  readonly notes: readonly string[];
}

const NOTHING_SAID = [">"];
const EVERY_INBOX: Subject = { text: "_INBOX.>", tokens: ["_INBOX", ">"] };
/** Stands for the inbox that every identity has, as in the roles of a policy. */
const OWN_INBOX: Subject = { text: "_INBOX.own.>", tokens: ["_INBOX", "own", ">"] };

/** Takes over the subjects of a user, as nats-server understands them. */
export function carrySubjects(rights: Permissions): CarriedSubjects | Refusal {
  const { pub, sub, resp } = rights;
  const published = sieve(publishing(rights), pub?.deny ?? [], "publish");
  if ("refused" in published) return published;
  const listed = sub?.allow ?? [];
  const heard = sieve(listed.length > 0 ? listed : NOTHING_SAID, sub?.deny ?? [], "subscribe");
  if ("refused" in heard) return heard;

  const notes = [...published.notes, ...heard.notes];
  const responses = resp && carryResponses(resp, published.deny.length > 0, notes);
  const answers = !responses && published.allow.some(({ text }) => text === EVERY_INBOX.text);
  const publish = published.allow.filter((one) => !answers || !covers(EVERY_INBOX, one));
  const guarded = withoutWidened(heard, notes);
  const inbox = inboxOf(guarded);
  const subscribe = inbox ? guarded.filter((one) => !covers(inbox.subject, one)) : guarded;
  // What a role takes away, it takes from all roles of a caller: so nothing without need.
  const needed = (denies: readonly Subject[], allowed: readonly Subject[]) =>
    textsOf(denies.filter((one) => allowed.some((each) => overlaps(one, each))));
  return {
    publish: textsOf(publish),
    subscribe: textsOf(subscribe),
    deny_publish: needed(published.deny, published.allow),
    deny_subscribe: needed(heard.deny, subscribe),
    ...(responses ? { respond: responses } : answers && { respond: true }),
    ...(inbox && { inbox: inbox.said }),
    allow_reserved: responses !== undefined || [...publish, ...subscribe].some(reserved),
    notes,
  };
}

const textsOf = (subjects: readonly Subject[]) => unite(subjects).map(({ text }) => text);

/** What may be published to, as nats-server reads it. */
function publishing({ pub, resp }: Permissions): readonly string[] {
  const listed = pub?.allow ?? [];
  // An empty list allows everything by itself, and nothing beside a deny or answers.
  const nothing = resp !== undefined || (pub?.allow !== undefined && !isEmpty(pub));
  return listed.length > 0 || nothing ? listed : NOTHING_SAID;
}

/** Without the subscriptions that would be wider in a policy than they were. */
function withoutWidened({ allow, forms_gone }: Sieved, notes: string[]): readonly Subject[] {
  let kept = allow;
  let gone = forms_gone;
  for (;;) {
    const guarded = withoutUnguarded(withoutShadowing(kept, notes), notes);
    gone = [...gone, ...kept.filter((one) => one.queue && !guarded.includes(one))];
    const rest = guarded.filter((one) => !widenedBy(one, gone, notes));
    // What guarded a star may be among those that went.
    if (rest.length === kept.length) return rest;
    kept = rest;
  }
}

function widenedBy(plain: Subject, gone: readonly Subject[], notes: string[]): boolean {
  const form = plain.queue === undefined && gone.find((one) => overlaps(one, plain));
  if (!form) return false;
  notes.push(
    `narrower: ${shown(plain.text)} is left out, because without ${shown(form.text)} it would have every queue group`,
  );
  return true;
}

/**
 * Beside a queue form nats-server lets a plain subject that covers it have no other group there. In a
 * policy the plain one has them all, so that it would be wider.
 */
function withoutShadowing(subjects: readonly Subject[], notes: string[]): readonly Subject[] {
  const queued = subjects.filter(({ queue }) => queue !== undefined);
  return subjects.filter((plain) => {
    const form = plain.queue === undefined && queued.find((one) => covers(plain, one));
    if (!form) return true;
    notes.push(
      `narrower: ${shown(plain.text)} is left out, because beside ${shown(form.text)} nats-server refuses other queue groups there and a policy does not: keep one of both`,
    );
    return false;
  });
}

/** Without those that end in a star, where nothing can keep it from meaning everything below. */
function withoutUnguarded(subjects: readonly Subject[], notes: string[]): readonly Subject[] {
  let kept = subjects;
  for (;;) {
    const guard = guardStars([OWN_INBOX, ...kept]);
    if (!("star" in guard)) return kept;
    const { star } = guard;
    notes.push(
      `narrower: ${shown(star.text)} is left out, because nats-server would let it hear everything below: write > for the star if that is meant`,
    );
    kept = kept.filter((one) => one !== star);
  }
}

/** An inbox that a policy can name, where the subscriptions have one. */
function inboxOf(subjects: readonly Subject[]) {
  const plain = subjects.filter(({ queue }) => queue === undefined);
  const every = plain.find(({ text }) => text === EVERY_INBOX.text);
  if (every) return { said: "shared", subject: every };
  const named = plain.filter(({ text }) => LITERAL_INBOX.test(text) && !PRIVATE_INBOX.test(text));
  const [only, ...more] = named;
  return only && more.length === 0
    ? { said: only.text.slice(0, -".>".length), subject: only }
    : undefined;
}

const LITERAL_INBOX = /^_INBOX(\.[A-Za-z0-9][A-Za-z0-9_-]{0,63}){1,8}\.>$/;
const PRIVATE_INBOX = /^_INBOX\.[0-9a-f]{32}(\.|$)/;

/** Most answers to a request that a policy can name. */
const ANSWERS_LIMIT = 100_000;
const DEFAULT_TTL_S = 120;
/** For answers that nats-server takes for ever. */
const LONGEST_TTL_S = 86_400;
const NANOSECONDS = 1_000_000_000;

function carryResponses(
  { max, ttl }: NonNullable<Permissions["resp"]>,
  has_denies: boolean,
  notes: string[],
): Exclude<CarriedSubjects["respond"], true> {
  if (has_denies) {
    notes.push(
      "narrower: answers to whatever subject a request names (resp) are left out, because what is denied would not hold for them: respond: true answers into inboxes, which is what clients use",
    );
    return undefined;
  }
  const ttl_s = ttl === 0 ? DEFAULT_TTL_S : Math.floor(ttl / NANOSECONDS);
  if (ttl_s === 0) {
    notes.push(
      "narrower: answers (resp) are left out: a policy counts their time in whole seconds",
    );
    return undefined;
  }
  const [bound_max, bound_ttl_s] = [
    max < 0 ? ANSWERS_LIMIT : Math.min(max || 1, ANSWERS_LIMIT),
    ttl_s < 0 ? LONGEST_TTL_S : Math.min(ttl_s, LONGEST_TTL_S),
  ];
  if (bound_max !== (max || 1)) notes.push(`narrower: ${bound_max} answers to a request at most`);
  if (bound_ttl_s !== ttl_s || (ttl !== 0 && ttl % NANOSECONDS !== 0))
    notes.push(`narrower: answers within ${bound_ttl_s}s of the request`);
  notes.push(
    "resp lets whoever asks choose where this one publishes, $JS.API included: respond: true answers into inboxes only",
  );
  return { any_subject: true, max: bound_max, ttl: `${bound_ttl_s}s` };
}
