import { isLoopback, webUrl } from "./address.ts";
import type { IssuerConfig, KeysConfig } from "./config.ts";
import { ISSUER_FORMS, type IssuerForm, WITHOUT } from "./issuer-forms.ts";
import type { IssuerFile } from "./issuer-schema.ts";
import { seconds } from "./units.ts";

/** An issuer with units converted and paths made absolute. */
export function issuerOf(file: IssuerFile, below: (path: string) => string): IssuerConfig {
  const { audience, max_token_age, max_token_lifetime, jwks, introspection, ...rest } = file;
  return {
    ...rest,
    audience: typeof audience === "string" ? [audience] : audience,
    ...(max_token_age !== undefined && { max_token_age_s: seconds(max_token_age) }),
    ...(max_token_lifetime !== undefined && { max_token_lifetime_s: seconds(max_token_lifetime) }),
    ...(jwks && { jwks: keysOf(jwks, below) }),
    ...(introspection && { introspection: absolute(introspection, SECRETS, below) }),
  };
}

function keysOf(
  { stale_limit, ...rest }: NonNullable<IssuerFile["jwks"]>,
  below: (path: string) => string,
): KeysConfig {
  return {
    ...absolute(rest, PATHS, below),
    ...(stale_limit !== undefined && { stale_limit_s: seconds(stale_limit) }),
  };
}

/** The same with these paths made absolute. */
function absolute<T extends { readonly [K in P]?: string | undefined }, P extends string>(
  written: T,
  keys: readonly P[],
  below: (path: string) => string,
): T {
  const paths = keys.flatMap((key) => {
    const path = written[key];
    return path === undefined ? [] : [[key, below(path)] as const];
  });
  return { ...written, ...Object.fromEntries(paths) };
}

const PATHS = ["file", "ca_file", "bearer_token_file", "keep_dir"] as const;
const SECRETS = ["client_secret_file", "private_key_file"] as const;

/** One thing wrong with an issuer: the keys that lead to it, and a sentence. */
export type IssuerFault = readonly [at: readonly string[], message: string];

/** What the schema of an issuer cannot say. */
export function issuerFaults(issuer: IssuerConfig): IssuerFault[] {
  const faults = [...urlFaults(issuer), ...keyFaults(issuer), ...askingFaults(issuer)];
  if (issuer.insecure_http && !urlsOf(issuer).some((url) => url.startsWith("http:")))
    faults.push([["insecure_http"], "has no meaning beside https: take it out"]);
  const { preset, required_scopes, clients } = issuer;
  // What can never be there would refuse every token, and somebody would take it for a check.
  if (required_scopes.length > 0 && WITHOUT.scopes.includes(preset))
    faults.push([["required_scopes"], `can never be met: no token of ${preset} has scopes`]);
  if (clients && WITHOUT.client.includes(preset))
    faults.push([["clients"], `can never be met: no token of ${preset} names an OAuth client`]);
  const { max_token_age_s: age = 0, max_token_lifetime_s: lifetime = Infinity } = issuer;
  if (age > lifetime)
    faults.push([["max_token_age"], "must not be longer than max_token_lifetime"]);
  return faults;
}

const urlsOf = ({ url, jwks, introspection }: IssuerConfig) =>
  [url, jwks?.url, introspection?.url].flatMap((each) => each ?? []);

function urlFaults({ url, preset, insecure_http }: IssuerConfig): IssuerFault[] {
  const { form, say = "" }: IssuerForm = ISSUER_FORMS[preset];
  const misfit = (): IssuerFault[] => (form && !form.test(url) ? [[["url"], say]] : []);
  // Told first: it is the better sentence for an https url with, say, a placeholder in it.
  if (preset === "spiffe" || (url.startsWith("https://") && misfit().length > 0)) return misfit();
  const parsed = webUrl(url);
  if (!parsed) {
    const message =
      "must be an https URL without user, query and fragment, exactly as in the iss of the tokens";
    return [[["url"], message]];
  }
  if (parsed.protocol === "https:") return [];
  if (!isLoopback(parsed.hostname))
    return [[["url"], "must be https: only an issuer on a loopback address may use http"]];
  // A provider that stands in for the real one on loopback need not have its name.
  if (insecure_http) return [];
  const message =
    "uses http: set insecure_http: true beside it, for tests and demos on loopback only";
  return [[["url"], message]];
}

function keyFaults({ preset, jwks, insecure_http }: IssuerConfig): IssuerFault[] {
  const faults: IssuerFault[] = [];
  const fault = (key: string, message: string) => faults.push([["jwks", key], message]);
  if (!jwks?.url && !jwks?.file && preset === "spiffe") {
    const message = "needs jwks: a trust domain has no discovery, so say where its bundle is";
    faults.push([["url"], message]);
  }
  if (!jwks) return faults;
  const { url, file, ca_file, bearer_token_file, stale_limit_s: limit_s } = jwks;
  if (limit_s !== undefined && (limit_s < seconds("10m") || limit_s > seconds("7d")))
    fault("stale_limit", "must be from 10m to 7d");
  if (file !== undefined) {
    for (const key of ["url", "ca_file", "bearer_token_file", "keep_dir"] as const)
      if (jwks[key] !== undefined) fault(key, "has no meaning beside file: keep one of them");
    return faults;
  }
  if (url !== undefined) {
    const parsed = webUrl(url);
    const https = parsed?.protocol === "https:";
    if (!https && !(parsed && insecure_http && isLoopback(parsed.hostname)))
      fault("url", "must be an https URL without user, query and fragment");
    if (!https && ca_file !== undefined) fault("ca_file", "has no meaning for http");
  }
  // Discovery may name any host, and the token must reach none but the one that the operator named.
  if (bearer_token_file !== undefined && url === undefined)
    fault("bearer_token_file", "needs url beside it: the token is sent there and nowhere else");
  return faults;
}

function askingFaults({ validation = "jwt", ...issuer }: IssuerConfig): IssuerFault[] {
  const { introspection, insecure_http, preset } = issuer;
  const asks = validation !== "jwt";
  if (!introspection) {
    const message = "needs introspection: say as which client the issuer is asked";
    return asks ? [[["validation"], message]] : [];
  }
  const faults: IssuerFault[] = [];
  const fault = (key: string, message: string) => faults.push([["introspection", key], message]);
  if (!asks) fault("client_id", "has no effect: set validation: introspection, or both");
  if (preset === "spiffe") fault("client_id", "has no meaning for a trust domain: SVIDs are JWTs");
  const { client_secret_file: secret, private_key_file: key, key_id, url } = introspection;
  if ((secret === undefined) === (key === undefined))
    fault("client_id", "needs one of client_secret_file and private_key_file");
  if (key_id !== undefined && key === undefined) fault("key_id", "needs private_key_file");
  const parsed = url === undefined ? undefined : webUrl(url);
  const safe =
    parsed?.protocol === "https:" || (parsed && insecure_http && isLoopback(parsed.hostname));
  if (url !== undefined && !safe)
    fault("url", "must be an https URL without user, query and fragment");
  return faults;
}
