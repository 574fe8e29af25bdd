import { connect, jwtAuthenticator } from "@nats-io/transport-node";

/** A server has to have answered by then. */
const CONNECT_TIMEOUT_MS = 5_000;

/**
 * Connects once with a credential and disconnects again. Where the URL says `tls://`, nothing is said
 * to a server that offers none: the client would otherwise be content without it.
 *
 * @param server URL of one server
 * @returns undefined when the server let it in, otherwise what it or the network said
 */
export async function tryConnect(
  server: string,
  jwt: string,
  seed: string,
): Promise<string | undefined> {
  try {
    const nc = await connect({
      servers: server,
      name: "nats-sts check",
      authenticator: jwtAuthenticator(jwt, new TextEncoder().encode(seed)),
      reconnect: false,
      ignoreClusterUpdates: true,
      timeout: CONNECT_TIMEOUT_MS,
      ...(server.startsWith("tls://") && { tls: {} }),
    });
    await nc.flush();
    await nc.close();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
