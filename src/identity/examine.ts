import { stat } from "node:fs/promises";
import type { JWK } from "jose";
import type { Algorithm, IssuerConfig } from "../config/index.ts";
import type { Owner } from "../keys/index.ts";
import { askIssuer } from "./ask-issuer.ts";
import { fetchKeys } from "./discovery.ts";
import type { Fetch } from "./fetch.ts";
import { keyRulesOf } from "./issuer.ts";
import { reasonOf } from "./jwks.ts";
import { folderFault, keyFolder } from "./key-folder.ts";
import { PRESETS } from "./presets.ts";

/** What an issuer is like at this moment, for the operator. */
export interface Examined {
  readonly name: string;
  readonly url: string;
  /** Why its keys could not be had, for the innermost reason; undefined where they could. */
  readonly failed: string | undefined;
  readonly keys: readonly { readonly kid: string | undefined; readonly alg: string }[];
  /** The algorithms that are taken from it and that one of its keys can make. */
  readonly algorithms: readonly Algorithm[];
  /** Seconds since its keys were put into their file, or were kept for outages, where one of these is. */
  readonly age_s: number | undefined;
  /** Why its keys cannot be kept for outages, where they are to be. */
  readonly cannot_keep: string | undefined;
  /** By how many seconds its clock is ahead of ours; undefined where it tells no time. */
  readonly clock_ahead_s: number | undefined;
  /** Why it cannot be asked about tokens, where it is to be; undefined where that works. */
  readonly cannot_ask: string | undefined;
}

/** Fetches the keys of an issuer as the service does, and tells what it saw. Never throws. */
export async function examineIssuer(
  config: IssuerConfig,
  fetch: Fetch,
  now_ms: () => number,
  owner: Owner,
): Promise<Examined> {
  const { name, url } = config;
  const cannot_ask = await askAboutNone(config, fetch);
  const clock: { ahead_s?: number } = {};
  const seen = {
    keys: [],
    algorithms: [],
    cannot_ask,
    age_s: await ageOf(config, now_ms() / 1000, owner),
    cannot_keep: await keepingFault(config, owner),
  };
  try {
    const rules = keyRulesOf(config);
    const { keys } = await fetchKeys(config, rules, fetch, watching(clock, now_ms));
    const taken = config.algorithms ?? PRESETS[config.preset].algorithms;
    return {
      ...{ ...seen, name, url, failed: undefined, clock_ahead_s: clock.ahead_s },
      keys: keys.map((key) => ({ kid: key.kid, alg: key.alg ?? kindOf(key) })),
      algorithms: taken.filter((alg) => keys.some((key) => makes(key, alg))),
    };
  } catch (error) {
    return { ...seen, name, url, failed: reasonOf(error), clock_ahead_s: clock.ahead_s };
  }
}

/** Reads the clock of whoever answers off the header Date (RFC 9110 §6.6.1). */
const watching =
  (clock: { ahead_s?: number }, now_ms: () => number) =>
  (fetch: Fetch): Fetch =>
  async (url, options) => {
    const asked_ms = now_ms();
    const response = await fetch(url, options);
    const told_ms = Date.parse(response.headers.get("date") ?? "");
    // Cut to whole seconds there, and somewhere on the way here: the middle of both is the best guess.
    const ahead_ms = told_ms + 500 - (asked_ms + now_ms()) / 2;
    if (!Number.isNaN(ahead_ms)) clock.ahead_s = Math.round(ahead_ms / 1000);
    return response;
  };

async function ageOf(
  config: IssuerConfig,
  now_s: number,
  owner: Owner,
): Promise<number | undefined> {
  const { file, keep_dir } = config.jwks ?? {};
  try {
    if (file !== undefined) return now_s - (await stat(file)).mtimeMs / 1000;
    if (keep_dir === undefined) return undefined;
    const kept = await keyFolder(keep_dir, config, keyRulesOf(config), owner).load();
    return kept && now_s - kept.at_s;
  } catch {
    return undefined; // Nothing is there yet, or not for us.
  }
}

/** What is wrong with the folder, or with what was kept there. */
async function keepingFault(config: IssuerConfig, owner: Owner): Promise<string | undefined> {
  const { keep_dir } = config.jwks ?? {};
  if (keep_dir === undefined) return undefined;
  const fault = await folderFault(keep_dir, owner);
  if (fault !== undefined) return fault;
  return keyFolder(keep_dir, config, keyRulesOf(config), owner)
    .load()
    .then(
      () => undefined,
      // The folder, or the file in it, may not have been made yet.
      (error) => (/ENOENT/.test(String(error)) ? undefined : reasonOf(error)),
    );
}

/** Asks about a token that nobody has issued: whoever may ask is told that it is not active. */
async function askAboutNone(config: IssuerConfig, fetch: Fetch): Promise<string | undefined> {
  if (!config.introspection) return undefined;
  try {
    const ask = askIssuer(config, config.introspection, fetch, () => 0);
    const { active } = await ask("nats-sts-asks-whether-it-may-ask");
    return active === false ? undefined : "the answer is not what RFC 7662 says";
  } catch (error) {
    return reasonOf(error);
  }
}

const CURVES: Readonly<Record<string, string>> = {
  "P-256": "ES256",
  "P-384": "ES384",
  "P-521": "ES512",
};

const kindOf = ({ kty = "", crv = "" }: JWK) => (kty === "RSA" ? kty : (CURVES[crv] ?? crv));

function makes(key: JWK, alg: Algorithm): boolean {
  if (key.alg !== undefined) return key.alg === alg;
  if (key.kty === "RSA") return /^[RP]S/.test(alg);
  return key.kty === "EC" ? CURVES[key.crv ?? ""] === alg : /^Ed/.test(alg);
}
