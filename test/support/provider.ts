import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { JWK } from "jose";
import type { Scope } from "./project.ts";
import {
  configurationOf,
  loadProvider,
  type ProviderOptions,
  withDefaults,
} from "./provider-config.ts";
import { newSigningKey } from "./provider-keys.ts";
import { type Forgery, fetchToken, forge, type TokenRequest } from "./provider-tokens.ts";

/** A running OpenID provider, and what tests do to it. */
export interface Provider {
  /** The exact `iss`: `http://127.0.0.1:<port><path>`. */
  readonly issuer: string;
  readonly port: number;
  readonly audience: string;
  /** How often each was fetched so far. */
  readonly requests: { readonly discovery: number; readonly jwks: number };
  /** The private key that signs now, with its `kid`. */
  signingKey(): JWK;
  /** A token over HTTP, as a real client gets it. */
  token(request?: TokenRequest): Promise<string>;
  /** A token with a real signature and whatever else the test wants; a good one by default. */
  forge(forgery?: Forgery): Promise<string>;
  /** A new key signs from now on; the old one leaves the JWKS unless it is kept. */
  rotate(options?: { readonly keep_old?: boolean }): Promise<void>;
  /** Stands in front of every answer, until called without: returns true when it has answered. */
  intercept(handler?: Interceptor): void;
  /** An outage: nothing listens on the port until `start`. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

/** True when it takes care of the answer itself, be it never. */
export type Interceptor = (request: IncomingMessage, response: ServerResponse) => boolean;

type Handler = (request: IncomingMessage, response: ServerResponse) => unknown;

/** Starts a real OpenID provider on a loopback port. */
export async function startProvider(
  scope: Scope,
  options: ProviderOptions = {},
): Promise<Provider> {
  const settings = withDefaults(options);
  const { alg, audience, path } = settings;
  const requests = { discovery: 0, jwks: 0 };
  let intercepts: Interceptor | undefined;
  let serve: Handler = () => {};

  const answer: Handler = (request, response) => {
    const url = request.url ?? "";
    // Otherwise a client may send its next request into a connection that `stop` has just ended.
    response.setHeader("connection", "close");
    if (!url.startsWith(`${path}/`)) return response.writeHead(404).end();
    if (url === `${path}/.well-known/openid-configuration`) requests.discovery++;
    if (url === `${path}/jwks`) requests.jwks++;
    if (intercepts?.(request, response)) return;
    // oidc-provider learns from `originalUrl` where it is mounted.
    return serve(
      Object.assign(request, { originalUrl: url, url: url.slice(path.length) }),
      response,
    );
  };

  let server = await listen(answer, settings.port);
  scope.after(() => close(server));
  // `as`: only a server on a pipe has a string here.
  const { port } = server.address() as AddressInfo;
  const issuer = `http://127.0.0.1:${port}${path}`;

  const RealProvider = await loadProvider();
  const store = new Map<string, unknown>();
  const serveWith = (keys: readonly JWK[]) => {
    serve = new RealProvider(issuer, configurationOf(settings, keys, store)).callback();
  };
  let signing_key = await newSigningKey(alg);
  let keys = [signing_key];
  serveWith(keys);

  return {
    issuer,
    port,
    audience,
    requests,
    signingKey: () => signing_key,
    token: (request = {}) => fetchToken(issuer, settings, request),
    forge: (forgery = {}) => forge(issuer, settings, signing_key, forgery),
    async rotate({ keep_old = false } = {}) {
      signing_key = await newSigningKey(alg);
      keys = keep_old ? [signing_key, ...keys] : [signing_key]; // The first that fits signs.
      serveWith(keys); // A provider cannot change its keys: another takes over its store.
    },
    intercept(handler) {
      intercepts = handler;
    },
    stop: () => close(server),
    async start() {
      if (!server.listening) server = await listen(answer, port);
    },
  };
}

function listen(answer: Handler, port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer(answer).once("error", reject);
    server.listen(port, "127.0.0.1", () => resolve(server));
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
