import type { Step } from "./session.ts";

/** The libraries that every intent is proved with. */
export const LIBRARIES = ["nats.js", "nats.go", "nats-py"] as const;
export type Library = (typeof LIBRARIES)[number];

/** Something that must work, while the server refuses nothing. */
export interface Works {
  readonly step: Step;
  readonly value: unknown;
  /** All of them, unless said otherwise. */
  readonly with?: readonly Library[];
}

/** Something that must not work. `*` stands for one token that a client makes up. */
export interface Refused {
  readonly step: Step;
  /** All of these must be refused; or, of a verb that each library begins in its own way, one. */
  readonly on: readonly string[];
  readonly with?: readonly Library[];
}

/** An intent, what it must do with each library, and what not. Proof and page are made of it. */
export interface Case {
  /** The name of the role in the test. */
  readonly name: string;
  readonly title: string;
  /** The fields of the role besides its account, as YAML. */
  readonly role: string;
  /** What whoever writes it has to know, in Markdown. */
  readonly about: string;
  /** What it never gives, in Markdown. */
  readonly never: string;
  /** How it is used, by the names that the library has for it. */
  readonly used: Readonly<Record<Library, string>>;
  readonly works: readonly Works[];
  readonly refused: readonly Refused[];
  /** Used below a leaf node, outside the domain of JetStream. */
  readonly far?: boolean;
}

/** Does one of the verbs, in vain: the server refuses one of these. */
export const refuses = (
  step: Step,
  on: string | readonly string[],
  ...libraries: Library[]
): Refused => ({
  step: { ...step, forbidden: true },
  on: typeof on === "string" ? [on] : on,
  ...(libraries.length > 0 && { with: libraries }),
});

/** Publishes to each of these, in vain. */
export const publishes = (...subjects: readonly string[]) =>
  refuses(
    { do: "publish", subjects },
    subjects.map((subject) => `publish ${subject}`),
  );

/** Subscribes to each of these, in vain. */
export const subscribes = (...subjects: readonly string[]) =>
  refuses(
    { do: "subscribe", subjects },
    subjects.map((subject) => `subscribe ${subject}`),
  );

/** Does one of the verbs, and this comes of it. */
export const works = (step: Step, value: unknown, ...libraries: Library[]): Works => ({
  step,
  value,
  ...(libraries.length > 0 && { with: libraries }),
});
