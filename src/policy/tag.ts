import type { Identity } from "../identity/index.ts";
import { parseSlot, type Slot, slotValues } from "./slot.ts";

/** A tag of a credential: its key, and what stands behind the colon. */
export interface Tag {
  readonly key: string;
  readonly value: string | Slot;
}

/** Keys under which every credential is traced, and the one of its inbox. */
const OURS: readonly string[] = ["identity", "policy", "request", "inbox"];

/**
 * Reads a tag. Its value is one token: a scoped signing key can put tags into subjects, where a
 * wildcard or a dot would widen them.
 */
export function parseTag(text: string): Tag | { readonly fault: string } {
  const [, key = "", rest = ""] = /^([a-z0-9][a-z0-9_-]{0,63}):(.*)$/s.exec(text) ?? [];
  if (key === "") return { fault: "is not a tag such as team:blue, in lower case" };
  if (OURS.includes(key)) return { fault: `has a key that every credential has: ${key}` };
  if (/^[a-z0-9][a-z0-9_-]{0,127}$/.test(rest)) return { key, value: rest };
  const slot = parseSlot(rest);
  if (!slot || slot.each) {
    return {
      fault: "must have one slot or lower-case letters, digits, - and _ behind its colon",
    };
  }
  return { key, value: slot };
}

/** The tag as text; undefined if its slot cannot be filled. In lower case only, as servers compare it. */
export function tagText({ key, value }: Tag, identity: Identity): string | undefined {
  if (typeof value === "string") return `${key}:${value}`;
  const [filled] = slotValues(value, identity) ?? [];
  return filled === undefined || /[A-Z]/.test(filled) ? undefined : `${key}:${filled}`;
}
