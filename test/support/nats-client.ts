import { setImmediate } from "node:timers/promises";
import {
  connect,
  credsAuthenticator,
  jwtAuthenticator,
  type NatsConnection,
  type NodeConnectionOptions,
  PermissionViolationError,
} from "@nats-io/transport-node";
import type { Scope } from "./project.ts";

/** What a client proves itself with: a JWT and its seed, or the text of a creds file. */
export type ClientCredential = string | { readonly jwt: string; readonly seed: string };

/** Connects as a real client does, without reconnecting, and closes with the scope. */
export async function connectWith(
  scope: Scope,
  url: string,
  credential: ClientCredential,
  options: NodeConnectionOptions = {},
): Promise<NatsConnection> {
  const bytes = (text: string) => new TextEncoder().encode(text);
  const authenticator =
    typeof credential === "string"
      ? credsAuthenticator(bytes(credential))
      : jwtAuthenticator(credential.jwt, bytes(credential.seed));
  const nc = await connect({ servers: url, reconnect: false, authenticator, ...options });
  scope.after(() => nc.close());
  return nc;
}

/**
 * Watches what the server refuses. The function that it returns waits until the server has dealt
 * with everything sent so far, and tells what it refused since the last call: `publish a.b`,
 * `subscribe a.>`, `subscribe a.> queue`, or the words of any other error.
 */
export function violations(nc: NatsConnection): () => Promise<readonly string[]> {
  const seen: string[] = [];
  void (async () => {
    for await (const status of nc.status()) {
      if (status.type === "error") seen.push(wordsOf(status.error));
    }
  })();
  return async () => {
    // An error that ends the connection also ends the flush: it has been seen by then.
    await nc.flush().catch(() => {});
    await setImmediate(); // The error comes before the pong, its event a few microtasks after.
    return seen.splice(0);
  };
}

function wordsOf(error: Error): string {
  if (!(error instanceof PermissionViolationError)) return error.message;
  const what = error.operation === "publish" ? "publish" : "subscribe";
  return [what, error.subject, error.queue].filter((word) => word).join(" ");
}
