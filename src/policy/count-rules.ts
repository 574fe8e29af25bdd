/** The key of the rules, with a list below it rather than beside it. */
const KEY = /^rules:[ \t]*(?:#.*)?\r?$/m;
const ITEM = /^( *)-(?=\s|$)/;
const NEXT_KEY = /^[^\s#-]/;

/**
 * The line of the key `rules` where more items than `limit` stand below it, counted by their dashes:
 * to read them as YAML takes seconds. Whatever stands deeper is part of an item. Undefined where it
 * cannot tell.
 */
export function crowdedAt(text: string, limit: number): number | undefined {
  const key = KEY.exec(text);
  if (!key) return undefined;
  let indent: string | undefined;
  let count = 0;
  for (let at = text.indexOf("\n", key.index) + 1; at > 0; at = text.indexOf("\n", at) + 1) {
    const end = text.indexOf("\n", at);
    const line = text.slice(at, end < 0 ? undefined : end);
    if (NEXT_KEY.test(line)) return undefined;
    const dash = ITEM.exec(line)?.[1];
    if (dash === undefined) continue;
    indent ??= dash;
    if (dash === indent && ++count > limit) return text.slice(0, key.index).split("\n").length;
  }
  return undefined;
}
