import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createAccount } from "@nats-io/nkeys";
import type { ClientEffects } from "../../src/client/index.ts";
import { credsText, encodeUser } from "../../src/credential/index.ts";
import { makeUserKey, type Signer, seedSigner } from "../../src/keys/index.ts";
import type { Scope } from "../support/project.ts";

export const INBOX = "_INBOX.0123456789abcdef0123456789abcdef";
/** A token by its form alone. */
export const TOKEN = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ3b3JrZXIifQ.c2lnbmF0dXJl";
/** 2026-01-01T00:00:00Z */
export const START_S = 1_767_225_600;

/** An account signing key that no server knows. */
export function makeSigner(): Signer {
  const key = createAccount();
  const seed = Buffer.from(key.getSeed()).toString();
  return seedSigner(Buffer.from(fromBase32(seed)).subarray(2, 34));
}

function fromBase32(text: string): number[] {
  const bits = [...text].map((letter) =>
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0"),
  );
  return (bits.join("").match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2));
}

const ACCOUNT = createAccount().getPublicKey();

/** What a service would answer for this user key. */
export async function goodAnswer(
  signer: Signer,
  user_public_key: string,
  { issued_at = START_S, ttl_s = 600 } = {},
) {
  const expires_at = issued_at + ttl_s;
  const { jwt, id } = await encodeUser(
    {
      exp: expires_at,
      iat: issued_at,
      iss: signer.public_key,
      name: "corp:0123456789abcdef",
      sub: user_public_key,
      nats: {
        pub: { allow: ["orders.new"] },
        sub: { allow: [`${INBOX}.>`] },
        subs: 10,
        data: -1,
        payload: 1024,
        allowed_connection_types: ["STANDARD"],
        issuer_account: ACCOUNT,
        tags: ["identity:0123456789abcdef"],
        type: "user",
        version: 2,
      },
    },
    signer,
  );
  return {
    jwt,
    user_public_key,
    account: "ORDERS",
    account_public_key: ACCOUNT,
    roles: ["worker"],
    publish: ["orders.new"],
    subscribe: [`${INBOX}.>`],
    inbox_prefix: INBOX,
    servers: ["nats://127.0.0.1:4222", "nats://127.0.0.2:4222"],
    issued_at,
    expires_at,
    refresh_after: issued_at + Math.floor(ttl_s * 0.75),
    id,
  };
}

/** A creds file of some time, with its user key. */
export async function oldCreds(signer: Signer, issued_at: number, ttl_s = 600) {
  const key = makeUserKey();
  const { jwt, expires_at } = await goodAnswer(signer, key.public_key, { issued_at, ttl_s });
  return { key, text: credsText(jwt, key.seed, INBOX, expires_at) };
}

/** One request as it came in. */
export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What a test lets a service answer. `hang` never answers. */
export interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/** Something that listens where a service should, and answers as the test wants. */
export async function startFake(
  scope: Scope,
  reply: (seen: Seen) => Reply | Promise<Reply>,
): Promise<{ readonly url: string; readonly seen: readonly Seen[]; close(): Promise<void> }> {
  const seen: Seen[] = [];
  const server: Server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { method = "", url = "", headers } = request;
    const one = { method, url, headers, body: Buffer.concat(chunks).toString() };
    seen.push(one);
    const { status = 200, headers: more = {}, body = "" } = await reply(one);
    response.writeHead(status, { "content-type": "application/json", ...more }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  scope.after(close);
  const { port } = server.address() as AddressInfo; // it listens on TCP
  return { url: `http://127.0.0.1:${port}`, seen, close };
}

/** A problem document as the service writes it. */
export const problemOf = (status: number, code: string, detail = "Because."): Reply => ({
  status,
  headers: { "content-type": "application/problem+json" },
  body: JSON.stringify({ type: "about:blank", status, detail, code, request_id: "req-1" }),
});

/** A world whose clock moves only when somebody sleeps, and then at once. */
export function virtualWorld(
  fetch: ClientEffects["fetch"],
  random = 0.5,
): ClientEffects & { readonly slept_ms: readonly number[]; set(ms: number): void } {
  let now_ms = START_S * 1000;
  const slept_ms: number[] = [];
  return {
    fetch,
    now_ms: () => now_ms,
    random: () => random,
    async sleep(ms) {
      slept_ms.push(ms);
      now_ms += ms;
    },
    slept_ms,
    set: (ms) => {
      now_ms = ms;
    },
  };
}
