import { isLoopback, webUrl } from "../config/index.ts";
import { ClientError } from "./client-error.ts";

/**
 * The URL of a service as it goes into requests and proofs: in normal form, without a slash at the
 * end. The service's configuration holds `public_url` to the same form.
 *
 * @throws ClientError for anything but https, and http to this machine
 */
export function serviceUrl(text: string, what = "the URL of the service"): string {
  const url = webUrl(text);
  if (!url) {
    const meant = withScheme(text);
    const such =
      meant === undefined ? ", such as https://sts.example.com" : `: did you mean ${meant}?`;
    throw new ClientError(`${what} must be an https URL without user, query and fragment${such}`);
  }
  // Whoever listens in would have the token.
  if (url.protocol === "http:" && !isLoopback(url.hostname))
    throw new ClientError(`${what} must begin with https: plain http only goes to this machine`);
  const door = DOORS.find((path) => url.pathname.endsWith(path));
  if (door !== undefined) {
    const meant = url.href.slice(0, -door.length);
    throw new ClientError(`${what} is that of the service without the path: ${meant}`);
  }
  return url.href.replace(/\/$/, "");
}

/** What is asked below the URL, which this client adds by itself. */
const DOORS = ["/v1/credentials", "/v1/explain", "/oauth2/token"];

/** The URL that a host, with a port or without, may stand for. */
function withScheme(text: string): string | undefined {
  if (
    !/^[\w.-]+(:[0-9]{1,5})?\/?$/.test(text) &&
    !/^\[[0-9A-Fa-f:]+\](:[0-9]{1,5})?\/?$/.test(text)
  )
    return undefined;
  const url = webUrl(`https://${text}`);
  return url && `${isLoopback(url.hostname) ? "http" : "https"}://${text}`;
}

/** RFC 9728 §3.1: where a service says which URL it is known by. */
export function metadataUrl(service_url: string): string {
  const { origin, pathname } = new URL(service_url);
  const path = pathname === "/" ? "" : pathname;
  return `${origin}/.well-known/oauth-protected-resource${path}`;
}
