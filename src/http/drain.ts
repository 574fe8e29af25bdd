import type { Socket } from "node:net";
import type { FastifyInstance } from "fastify";
import type { Connections } from "./connections.ts";

/**
 * What callers have sent by the time at which the server closes has not been read yet. For so long it
 * is still read, and answered: whoever is cut off instead cannot know what became of the request.
 */
const LINGER_MS = 500;

/**
 * Ends, when the server closes, every connection that waits for a caller rather than for us: silent
 * ones, TLS handshakes, and requests of which a part has come. Node stops looking for late requests
 * at that moment, so that any of them would hold the process open.
 */
export function drainOnClose(app: FastifyInstance, connections: Connections): void {
  app.addHook("preClose", async () => {
    await closedWithin(connections.idle(), LINGER_MS);
    for (const socket of connections.idle()) socket.destroy();
  });
}

/** Resolves when all of them are closed, or after so long. */
function closedWithin(sockets: readonly Socket[], limit_ms: number): Promise<void> {
  return new Promise((resolve) => {
    const late = setTimeout(resolve, limit_ms);
    const closed = sockets.map((socket) => new Promise((done) => socket.once("close", done)));
    void Promise.all(closed).then(() => {
      clearTimeout(late);
      resolve();
    });
  });
}
