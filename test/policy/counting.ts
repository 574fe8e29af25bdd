/** Counts how often something is read, as a measure of work that no busy machine changes. */
export function counting() {
  let reads = 0;
  const of = <T extends object>(value: T): T =>
    new Proxy(value, {
      get(target, key) {
        reads++;
        const found: unknown = Reflect.get(target, key);
        return typeof found === "object" && found !== null ? of(found) : found;
      },
      getOwnPropertyDescriptor(target, key) {
        reads++;
        return Reflect.getOwnPropertyDescriptor(target, key);
      },
    });
  return { of, count: () => reads };
}
