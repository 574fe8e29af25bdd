import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { FastifyInstance } from "fastify";

/** The last request on a connection, and its answer. */
interface Last {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

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
    for (const [socket, last] of connections) if (!waitsForUs(last)) socket.destroy();
  });
}

function waitsForUs(last: Last | undefined): boolean {
  if (!last || last.response.writableFinished) return false;
  return last.request.complete || last.response.headersSent;
}
