import { Check } from "typebox/value";
import { addressOf, isLoopback, isNetwork, webUrl } from "./address.ts";
import type { Draft, Partially } from "./document.ts";
import type { Path } from "./fault.ts";
import { issuerFaults, issuerOf } from "./issuer.ts";
import { Issuer } from "./issuer-schema.ts";
import { LISTENERS, TLS_OF } from "./listeners.ts";
import type { ConfigFile } from "./schema.ts";
import { seconds } from "./units.ts";

type Say = (path: Path, message: string) => void;
type Written = Partially<ConfigFile>;

/**
 * What a schema cannot say: how values have to fit each other, and what is refused for safety. What
 * does not fit the schema is undefined here and passed over.
 */
export function inspect(read: Written, has: Draft<ConfigFile>["has"], say: Say): void {
  listeners(read, say);
  publicUrl(read, say);
  policies(read, say);
  administration(read, say);
  times(read, has, say);
  heads(read, say);
  read.trusted_proxies?.forEach((cidr, i) => {
    if (cidr !== undefined && !isNetwork(cidr))
      say(["trusted_proxies", i], "must be a network in CIDR form, such as 10.0.0.0/8");
    else if (cidr?.endsWith("/0"))
      say(["trusted_proxies", i], "believes everyone: name the networks of the proxies alone");
  });
  read.issuers?.forEach((issuer, i) => {
    if (!Check(Issuer, issuer)) return;
    for (const [at, message] of issuerFaults(issuerOf(issuer, (path) => path)))
      say(["issuers", i, ...at], message);
  });
  const asking = read.issuers?.flatMap((issuer, i) =>
    issuer?.validation === "introspection" || issuer?.validation === "both" ? [i] : [],
  );
  for (const i of asking?.slice(1) ?? [])
    say(
      ["issuers", i, "validation"],
      "an issuer above takes opaque tokens already: they name no issuer, so one alone can take them",
    );
  once(read.issuers, "issuers", "name", "this name is taken by an issuer above", say);
  once(read.issuers, "issuers", "url", "this issuer stands above already", say);
  once(read.accounts, "accounts", "name", "this name is taken by an account above", say);
  const twice = "this account stands above already, under another name";
  once(read.accounts, "accounts", "public_key", twice, say);
}

function listeners(read: Written, say: Say): void {
  const plain_is_fine = read.plaintext !== false || read.trusted_proxies?.length !== 0;
  const taken = new Map<string, string>();
  for (const key of LISTENERS) {
    const text = read[key];
    if (text === undefined) continue;
    const address = addressOf(text);
    if (!address) {
      say([key], "must be HOST:PORT with a port up to 65535");
      continue;
    }
    const tls = TLS_OF[key];
    if (!isLoopback(address.host) && !plain_is_fine && !read[tls]) {
      say(
        [key],
        `listens beyond loopback in plain text: set ${tls}, or trusted_proxies to the proxy that ends TLS, or plaintext: true behind a mesh`,
      );
    }
    const other = taken.get(text);
    if (other !== undefined && address.port !== 0) say([key], `is the address of ${other}`);
    taken.set(text, key);
  }
}

/** It goes into proofs and is compared letter by letter, so there is one way to write it. */
function publicUrl({ public_url, listen, tls }: Written, say: Say): void {
  if (public_url === undefined) {
    const address = listen === undefined ? undefined : addressOf(listen);
    if (address && (!isLoopback(address.host) || address.port === 0))
      say(["listen"], "needs public_url: the URL by which callers know this service");
    return;
  }
  const url = webUrl(public_url);
  const normal = url?.href.replace(/\/$/, "");
  if (!url) say(["public_url"], "must be an http or https URL without user, query and fragment");
  else if (public_url.endsWith("/")) say(["public_url"], "must not end with a slash");
  else if (normal !== public_url) say(["public_url"], `must be written as ${normal}`);
  else if (tls && url.protocol === "http:")
    say(["public_url"], "must be an https URL: with tls nothing is answered over http");
}

/** A token for credentials must not administer by itself. */
function administration({ admin_audience, issuers }: Written, say: Say): void {
  const taken = issuers?.find((issuer) => [issuer?.audience].flat().includes(admin_audience));
  if (admin_audience !== undefined && taken)
    say(
      ["admin_audience"],
      `is an audience of the issuer ${taken.name}: choose another, so that only tokens that were asked for it administer`,
    );
}

/** One policy decides, and at most one more is tried beside it. */
function policies({ policy }: Written, say: Say): void {
  if (!Array.isArray(policy)) return;
  const modes = policy.map((each) => each?.mode);
  if (modes.includes(undefined)) return;
  if (!modes.includes("enforce"))
    say(["policy"], "has no file with mode: enforce: a policy with mode: audit gives nothing");
  modes.forEach((mode, i) => {
    if (modes.indexOf(mode) < i) say(["policy", i, "mode"], `a file above has mode: ${mode}`);
  });
}

function times(read: Written, has: Draft<ConfigFile>["has"], say: Say): void {
  const { default_ttl, max_ttl, clock_skew, reload_every, limits } = read;
  const within = (path: Path, text: string | undefined, least_s: number, most: string) => {
    if (text === undefined) return;
    if (seconds(text) < least_s) say(path, `must be at least ${least_s}s`);
    if (seconds(text) > seconds(most)) say(path, `must be at most ${most}`);
  };
  within(["default_ttl"], default_ttl, 5, "999999d");
  within(["max_ttl"], max_ttl, 5, "999999d");
  within(["clock_skew"], clock_skew, 1, "5m");
  within(["limits", "request_timeout"], limits?.request_timeout, 1, "5m");
  within(["limits", "shutdown_delay"], limits?.shutdown_delay, 0, "5m");
  within(["reload_every"], reload_every, 1, "1h");
  within(["limits", "shutdown_grace"], limits?.shutdown_grace, 1, "1h");
  if (default_ttl === undefined || max_ttl === undefined) return;
  if (seconds(default_ttl) > seconds(max_ttl)) {
    const key = has(["default_ttl"]) ? "default_ttl" : "max_ttl";
    say([key], `default_ttl (${default_ttl}) must not be longer than max_ttl (${max_ttl})`);
  }
}

function heads({ journal }: Written, say: Say): void {
  if (typeof journal !== "object" || !journal.heads) return;
  const { every, url } = journal.heads;
  if (every !== undefined && seconds(every) > seconds("1d"))
    say(["journal", "heads", "every"], "must be at most 1d");
  const at = url === undefined ? undefined : webUrl(url);
  const safe = at?.protocol === "https:" || (at && isLoopback(at.hostname));
  if (url !== undefined && !safe)
    say(
      ["journal", "heads", "url"],
      "must be an https URL without user, query and fragment; http only on loopback",
    );
}

function once<T extends object>(
  list: readonly (T | undefined)[] | undefined,
  name: string,
  key: keyof T & string,
  message: string,
  say: Say,
): void {
  const seen = new Set<unknown>();
  list?.forEach((item, i) => {
    const value = item?.[key];
    if (value !== undefined && seen.has(value)) say([name, i, key], message);
    seen.add(value);
  });
}
