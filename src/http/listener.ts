import { createServer, type Server as HttpServer } from "node:http";
import { createServer as createTlsServer, type Server as TlsServer } from "node:https";
import type { FastifyInstance, FastifyServerFactory } from "fastify";
import type { Address, Limits } from "../config/index.ts";
import type { Certificate } from "../tls/index.ts";
import { arrivalOptions } from "./arrival.ts";

/** A socket that listens, and the limits of what comes in by it. The same for every door. */
export interface Listener {
  /** What Fastify makes its server with. */
  readonly serverFactory: FastifyServerFactory;
  /** Opens it. Resolves with its URL. */
  open(app: FastifyInstance): Promise<string>;
  /** Takes up a renewed certificate: the next connection gets it, those that there are go on. */
  renew(certificate: Certificate | undefined): void;
}

export interface ListenerOptions {
  readonly address: Address;
  readonly limits: Pick<Limits, "header_bytes" | "request_timeout_s" | "connections">;
  /** A connection on which nothing moves for so long ends, also in the middle of an answer that nobody reads. */
  readonly silence_s: number;
  /** Without it, the listener speaks plain HTTP. */
  readonly certificate?: Certificate | undefined;
  /** Called for each connection that was one too many. */
  on_drop?(): void;
}

/** A listener, in plain text or with TLS, that Fastify is yet to open. */
export function listenerAt(options: ListenerOptions): Listener {
  const { address, certificate: first, on_drop } = options;
  let mark = first?.mark;
  let tls: TlsServer | undefined;
  return {
    serverFactory(handler) {
      const server = first
        ? tlsServer(options, first)
        : createServer(arrivalOptions(options.limits));
      if (first) tls = server as TlsServer; // as just made
      server.on("request", handler);
      server.maxConnections = options.limits.connections;
      server.setTimeout(options.silence_s * 1000);
      if (on_drop) server.on("drop", on_drop);
      return server;
    },
    async open(app) {
      // One socket: by its name, which of two addresses is meant would be up to the resolver.
      const host = address.host === "localhost" ? "127.0.0.1" : address.host;
      const asTls = (text: string) => (first ? text.replace("http://", "https://") : text);
      const listenTextResolver = (url: string) => `Server listening at ${asTls(url)}`;
      return asTls(await app.listen({ host, port: address.port, listenTextResolver }));
    },
    renew(certificate) {
      if (!tls || !certificate || certificate.mark === mark) return;
      tls.setSecureContext(certificate.context());
      mark = certificate.mark;
    },
  };
}

function tlsServer(options: ListenerOptions, certificate: Certificate): HttpServer {
  return createTlsServer({
    ...arrivalOptions(options.limits),
    ...certificate.context(),
    ALPNProtocols: ["http/1.1"],
    // Before the handshake there is no request whose time could be up.
    handshakeTimeout: options.limits.request_timeout_s * 1000,
    requestCert: certificate.callers_need_one,
    rejectUnauthorized: certificate.callers_need_one,
  });
}
