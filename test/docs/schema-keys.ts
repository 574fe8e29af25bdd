/** Every key that a file with this schema can have, wherever. */
export function keysOf(schema: unknown, keys = new Set<string>()): Set<string> {
  if (typeof schema !== "object" || schema === null) return keys;
  for (const [name, below] of Object.entries(schema)) {
    if (name === "properties") for (const key of Object.keys(below)) keys.add(key);
    keysOf(below, keys);
  }
  return keys;
}
