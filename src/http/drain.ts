import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { FastifyInstance } from "fastify";

/** The last request on a connection, and its answer. */
interface Last {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/**
 * What callers have sent by the time at which the server closes has not been read yet. For so long it
 * is still read, and answered: whoever is cut off instead cannot know what became of the request.
 */
const LINGER_MS = 250;

/**
 * Ends, when the server closes, every connection that waits for a caller rather than for us: silent
 * ones, and requests of which a part has come. Node stops looking for late requests at that moment,
 * so that any of them would hold the process open.
 */
export function drainOnClose(app: FastifyInstance): void {
  const connections = new Map<Socket, Last | undefined>();
  app.server.on("connection", (socket: Socket) => {
    connections.set(socket, undefined);
    socket.once("close", () => connections.delete(socket));
  });
  app.server.on("request", (request, response) => {
    connections.set(request.socket, { request, response });
  });
  app.addHook("preClose", async () => {
    const waiting = [...connections].flatMap(([socket, last]) =>
      waitsForUs(last) ? [] : [socket],
    );
    await closedWithin(waiting, LINGER_MS);
    for (const [socket, last] of connections) if (!waitsForUs(last)) socket.destroy();
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

function waitsForUs(last: Last | undefined): boolean {
  if (!last || last.response.writableFinished) return false;
  return last.request.complete || last.response.headersSent;
}
