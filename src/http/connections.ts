import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** A request and its answer. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Resolves when the answer is given, or its connection gone. */
  readonly answered: Promise<void>;
}

/** What is open to us, and what is unfinished there. Nothing that is over is kept. */
export interface Connections {
  watch(server: Server): void;
  /** The requests of a connection that are not whole yet, or not answered yet, in their order. */
  unfinished(socket: Socket): readonly Exchange[];
  /**
   * Waits until the requests before this one on its connection are answered. Resolves with false
   * where the connection ended with one of them, so that nobody would hear of this one.
   */
  turn(request: IncomingMessage): Promise<boolean>;
  /** Those that wait for a caller rather than for us. */
  idle(): readonly Socket[];
}

/** Nobody who waits for answers sends more requests ahead of them, and what comes ahead is read at once. */
const AHEAD_LIMIT = 16;

/** A request that has come as a whole, or is being answered, is ours to finish. */
export function waitsForUs({ request, response }: Exchange): boolean {
  return !response.writableFinished && (request.complete || response.headersSent);
}

export function openConnections(): Connections {
  const connections = new Map<Socket, Exchange[]>();
  const handshakes = openHandshakes();
  const unfinished = (socket: Socket) => connections.get(socket) ?? [];

  const begin = (request: IncomingMessage, response: ServerResponse) => {
    const exchanges = unfinished(request.socket);
    if (exchanges.length >= AHEAD_LIMIT) request.socket.destroy();
    const settle = () => {
      const at = exchanges.indexOf(exchange);
      if (at >= 0 && request.complete && response.writableFinished) exchanges.splice(at, 1);
    };
    const answered = new Promise<void>((resolve) => response.once("close", resolve)).then(settle);
    const exchange = { request, response, answered };
    request.once("close", settle);
    exchanges.push(exchange);
  };

  return {
    unfinished,
    watch(server) {
      if ("setSecureContext" in server) handshakes.watch(server);
      server.on(
        "setSecureContext" in server ? "secureConnection" : "connection",
        (socket: Socket) => {
          connections.set(socket, []);
          socket.once("close", () => connections.delete(socket));
        },
      );
      server.prependListener("request", begin); // before Fastify hears of it
    },
    async turn(request) {
      const exchanges = unfinished(request.socket);
      const before = exchanges[exchanges.findIndex((each) => each.request === request) - 1];
      await before?.answered;
      return before === undefined || request.socket.writable;
    },
    idle() {
      const silent = [...connections].flatMap(([socket, exchanges]) =>
        exchanges.some(waitsForUs) ? [] : [socket],
      );
      return [...handshakes.open(), ...silent];
    },
  };
}

/** The connections on which TLS is still to begin. */
function openHandshakes() {
  const sockets = new Map<string, Socket>();
  // The socket below a TLS connection is known by its other end: Node does not tell which it is.
  const otherEnd = (socket: Socket) => `${socket.remoteAddress} ${socket.remotePort}`;
  return {
    open: () => [...sockets.values()],
    watch(server: Server) {
      server.on("connection", (socket: Socket) => {
        const end = otherEnd(socket);
        sockets.set(end, socket);
        socket.once("close", () => sockets.delete(end));
      });
      server.on("secureConnection", (socket: Socket) => sockets.delete(otherEnd(socket)));
    },
  };
}
