import type { IssuerConfig } from "../config/index.ts";
import type { Examined } from "../identity/index.ts";
import { spanInWords } from "./moment.ts";
import { count } from "./show.ts";

/** One thing that was looked at. */
export interface Finding {
  /** `odd` is told, but nothing is wrong. */
  readonly state: "ok" | "odd" | "wrong";
  readonly what: string;
  readonly who: string;
  readonly says: string;
  /** What to do about it. */
  readonly todo?: readonly string[];
}

/** What there is to say about an issuer. */
export function aboutIssuer(seen: Examined, issuer: IssuerConfig, clock_skew_s: number): Finding {
  const what = { what: "issuer", who: seen.name };
  if (seen.failed !== undefined) {
    const says = `${seen.url}: ${seen.failed}${keptFor(seen, issuer)}`;
    return { state: "wrong", ...what, says, todo: adviceOn(seen.failed, issuer) };
  }
  if (seen.cannot_ask !== undefined) {
    const says = `${seen.url}: cannot be asked about tokens: ${seen.cannot_ask}`;
    const todo = [
      "check client_id and secret under introspection, and whether that client may introspect",
    ];
    return { state: "wrong", ...what, says, todo };
  }
  const { keys, algorithms, clock_ahead_s: ahead_s = 0 } = seen;
  const algs = [...new Set(keys.map(({ alg }) => alg))];
  const parts = [
    `${count(keys.length, "key")} (${algs.join(", ")})${keptFor(seen, issuer)}`,
    seen.clock_ahead_s === undefined ? "tells no time" : clockInWords(ahead_s),
  ];
  const says = `${seen.url}: ${parts.join("; ")}`;
  if (algorithms.length === 0) {
    const todo = [
      `no key signs by an algorithm that is taken from it: set algorithms: [${algs.join(", ")}] for this issuer, or change the keys at the provider`,
    ];
    return { state: "wrong", ...what, says, todo };
  }
  if (Math.abs(ahead_s) > clock_skew_s) {
    const todo = [
      `set both clocks by NTP: new tokens are refused with a clock more than clock_skew (${clock_skew_s}s) off`,
    ];
    return { state: "wrong", ...what, says, todo };
  }
  return { state: "ok", ...what, says };
}

/** Keys that cannot be kept are missed at a start during an outage, and not before. */
export function aboutKeeping({ name, cannot_keep }: Examined): Finding[] {
  if (cannot_keep === undefined) return [];
  const says = `its keys cannot be kept for outages: ${cannot_keep}`;
  const todo = ["give the user of this service a folder of its own, mode 0700, in jwks.keep_dir"];
  return [{ state: "wrong", what: "issuer", who: name, says, todo }];
}

function clockInWords(ahead_s: number): string {
  if (Math.abs(ahead_s) <= 1) return "its clock is ours";
  return `its clock is ${spanInWords(Math.abs(ahead_s))} ${ahead_s > 0 ? "ahead" : "behind"}`;
}

function keptFor({ age_s }: Examined, { jwks }: IssuerConfig): string {
  if (age_s === undefined) return "";
  return jwks?.file !== undefined
    ? `; the file is ${spanInWords(age_s)} old`
    : `; those kept for outages are ${spanInWords(age_s)} old`;
}

/** The first that fits the reason is what to do. */
const ADVICE: readonly (readonly [RegExp, string])[] = [
  [/ENOTFOUND|EAI_AGAIN/, "the name cannot be resolved: check the url, and DNS on this machine"],
  [
    /ECONNREFUSED|ECONNRESET|EHOSTUNREACH|ENETUNREACH|other side closed/,
    "nothing answers there: check that the provider runs, and firewalls in between",
  ],
  [
    /certificate|self.signed|unable to verify|CERT_/i,
    "its certificate is not trusted: name its CA in jwks.ca_file with jwks.url, or renew it",
  ],
  [/time|abort/i, "it answers too slowly: the limit is 5 seconds"],
  [
    /names another issuer|issuer.*(?:match|expected|mismatch)/i,
    "write url exactly as the provider writes issuer in its discovery document, the slash at the end included",
  ],
  [
    /no jwks_uri|not https/,
    "its discovery document names no key set that may be fetched: name it in jwks.url",
  ],
  [
    /no usable key/,
    "it publishes no public key for signatures (RSA from 2048 bits, EC, Ed25519): check its signing keys",
  ],
  [/pinned/, "it has rotated its keys: compare them, then change jwks.thumbprints"],
  [/cannot be read|not JSON$/, "check the file and who may read it"],
  [/./, "open URL/.well-known/openid-configuration in a browser: is it this provider's?"],
];

function adviceOn(reason: string, { url }: IssuerConfig): string[] {
  const [, advice] = ADVICE.find(([pattern]) => pattern.test(reason)) ?? [];
  return advice === undefined ? [] : [advice.replace("URL", url.replace(/\/$/, ""))];
}
