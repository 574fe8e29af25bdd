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
  if (!url)
    throw new ClientError(
      `${what} must be an https URL without user, query and fragment, such as https://sts.example.com`,
    );
  // Whoever listens in would have the token.
  if (url.protocol === "http:" && !isLoopback(url.hostname))
    throw new ClientError(`${what} must begin with https: plain http only goes to this machine`);
  return url.href.replace(/\/$/, "");
}

/** RFC 9728 §3.1: where a service says which URL it is known by. */
export function metadataUrl(service_url: string): string {
  const { origin, pathname } = new URL(service_url);
  const path = pathname === "/" ? "" : pathname;
  return `${origin}/.well-known/oauth-protected-resource${path}`;
}
