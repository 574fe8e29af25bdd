import { isIP } from "node:net";
import type { Address } from "./config.ts";

/** Host and port of `127.0.0.1:8080`, `localhost:8080` or `[::1]:8080`; undefined for anything else. */
export function addressOf(text: string): Address | undefined {
  const [, host, port] = /^([^\s:[\]]+|\[[0-9A-Fa-f:]+\]):([0-9]{1,5})$/.exec(text) ?? [];
  if (host === undefined || Number(port) > 65_535) return undefined;
  return { host: bare(host), port: Number(port) };
}

/** True for addresses that no other machine can reach. */
export function isLoopback(host: string): boolean {
  const name = bare(host);
  return name === "localhost" || name === "::1" || (isIP(name) === 4 && name.startsWith("127."));
}

/** An http or https URL without user, query and fragment; undefined for anything else. */
export function webUrl(text: string): URL | undefined {
  // The parser repairs much: blanks, line breaks, backslashes, slashes too few or too many.
  if (!/^https?:\/\/[^/@]+(\/|$)/.test(text) || !/^[!$-;=A-Z[\]_a-z~]+$/.test(text))
    return undefined;
  return URL.canParse(text) ? new URL(text) : undefined;
}

/** True for a network in CIDR form. */
export function isNetwork(text: string): boolean {
  const [, address = "", bits = ""] = /^([0-9A-Fa-f:.]+)\/(0|[1-9][0-9]{0,2})$/.exec(text) ?? [];
  const family = isIP(address);
  return family > 0 && Number(bits) <= (family === 4 ? 32 : 128);
}

/** An address without the brackets of IPv6. */
const bare = (host: string) => host.replace(/^\[|\]$/g, "");
