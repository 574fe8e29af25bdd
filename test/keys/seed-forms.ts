import assert from "node:assert/strict";
import { decodeSeed } from "../../src/keys/nkey.ts";

/** A seed in every form in which it could get out. */
export function formsOf(seed: Uint8Array): string[] {
  const raw = Buffer.from(decodeSeed(seed)?.raw ?? []);
  assert.equal(raw.length, 32);
  const text = Buffer.from(seed).toString("latin1");
  return [
    text.slice(4, 54), // the ends are shared with other seeds
    raw.toString("hex"),
    raw.toString("base64url"),
    raw.toString("base64").replace("=", ""),
    raw.toString("latin1"),
    escaped(raw),
    [...raw].slice(0, 12).join(","),
    [...raw].slice(0, 12).join(", "),
    Buffer.from(text).toString("base64").slice(4, 70),
    Buffer.from(text).toString("hex").slice(4, 100),
  ];
}

/** As a heap snapshot spells bytes that stand in a string, up to the null byte that would end it there. */
function escaped(raw: Buffer): string {
  const runs = raw.toString("latin1").split("\0");
  const longest = runs.reduce((one, other) => (other.length > one.length ? other : one));
  return JSON.stringify(longest)
    .slice(1, -1)
    .replace(/[\x7f-\xff]|\\u[0-9a-f]{4}/g, (spelled) => {
      const code = spelled.length > 1 ? spelled.slice(2) : spelled.charCodeAt(0).toString(16);
      return `\\u${code.padStart(4, "0").toUpperCase()}`;
    });
}
