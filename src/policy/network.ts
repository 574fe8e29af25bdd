import { isIPv4, isIPv6 } from "node:net";

/** A CIDR block. */
export interface Network {
  readonly text: string;
  /** The family and the bits of the prefix as `0` and `1`: a block holds those that begin with it. */
  readonly key: string;
}

const BITS = { 4: 32, 6: 128 } as const;

/** Reads a CIDR block; a text that is none gives the reason. */
export function parseNetwork(text: string): Network | { readonly fault: string } {
  const [, address = "", mask] = /^([^/]*)(?:\/(0|[1-9][0-9]{0,2}))?$/.exec(text) ?? [];
  const family = isIPv4(address) ? 4 : isIPv6(address) ? 6 : undefined;
  // An IPv4 address inside IPv6 and a zone are ways to write an address that compare badly.
  if (family === undefined || (family === 6 && /[.%]/.test(address))) {
    return { fault: "is not a CIDR block such as 10.0.0.0/8 or 2001:db8::/32" };
  }
  if (mask === undefined)
    return { fault: `needs a mask: ${address}/${BITS[family]} is one address` };
  const length = Number(mask);
  if (length > BITS[family]) return { fault: `has a mask over ${BITS[family]}` };

  const bits = family === 4 ? bitsOf4(address) : bitsOf6(address);
  if (family === 6 && bits.startsWith("0".repeat(80) + "1".repeat(16))) {
    return { fault: "is an IPv4 block in IPv6 form: write it as IPv4" };
  }
  if (bits.includes("1", length)) return { fault: `has bits beyond its mask of ${length}` };
  return { text: text.toLowerCase(), key: `${family}:${bits.slice(0, length)}` };
}

/** The blocks that lie in both lists: of each pair, the smaller one if it lies in the other. */
export function intersectNetworks(
  a: readonly Network[],
  b: readonly Network[],
): readonly Network[] {
  const both = new Map<string, Network>();
  for (const x of a) {
    for (const y of b) {
      if (y.key.startsWith(x.key)) both.set(y.key, y);
      else if (x.key.startsWith(y.key)) both.set(x.key, x);
    }
  }
  return [...both.values()];
}

const binary = (value: number, width: number) => value.toString(2).padStart(width, "0");

const bitsOf4 = (address: string) =>
  address
    .split(".")
    .map((part) => binary(Number(part), 8))
    .join("");

function bitsOf6(address: string): string {
  const [head = [], tail] = address.split("::").map((half) => (half === "" ? [] : half.split(":")));
  const zeros = tail ? Array<string>(8 - head.length - tail.length).fill("0") : [];
  return [...head, ...zeros, ...(tail ?? [])]
    .map((part) => binary(Number.parseInt(part, 16), 16))
    .join("");
}
