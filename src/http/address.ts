import { isIP, isIPv6 } from "node:net";
import type { FastifyRequest } from "fastify";

/**
 * Where a request comes from, as the proxies say that are trusted: some of them add the port. Where what
 * they say is no address, it is the nearest proxy: callers must not choose what they are counted as.
 */
export function addressOf({ ip, socket }: Pick<FastifyRequest, "ip" | "socket">): string {
  const said = withoutPort(ip);
  return isIP(said) ? said : (socket.remoteAddress ?? "");
}

function withoutPort(text: string): string {
  const [, v6, v4] = /^(?:\[(.+)\]|(\d+\.\d+\.\d+\.\d+))(?::\d+)?$/.exec(text) ?? [];
  return v6 ?? v4 ?? text;
}

/** Of an IPv6 address the network part counts: whoever has one address has the 2^64 beside it. */
const NETWORK_GROUPS = 4;

/**
 * What an address is counted as: an IPv4 address itself, also where it is mapped into IPv6 (RFC 4291
 * §2.5.5.2), and the /64 network of any other IPv6 address.
 */
export function addressKey(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  const [bare = ""] = address.split("%"); // without the zone
  if (!isIPv6(bare)) return address;
  // The URL parser writes an address in its one canonical form (RFC 5952).
  const [head = "", tail] = new URL(`http://[${bare}]`).hostname.slice(1, -1).split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail ? tail.split(":") : [];
  const zeros = tail === undefined ? 0 : 8 - left.length - right.length;
  const groups = [...left, ...Array.from({ length: zeros }, () => "0"), ...right];
  return `${groups.slice(0, NETWORK_GROUPS).join(":")}::/64`;
}
