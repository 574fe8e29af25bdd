import { request } from "node:https";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { connect, type TLSSocket } from "node:tls";
import { replace } from "../e2e/reloading.ts";
import type { Made } from "./certificate.ts";

/** Puts a certificate and its key into a folder, under the names of {@link tlsIn}. */
export async function putCertificate(
  dir: string,
  { cert, key }: Pick<Made, "cert" | "key">,
): Promise<void> {
  await replace(join(dir, "cert.pem"), cert);
  await replace(join(dir, "key.pem"), key, 0o600);
}

/** The setting `tls` for that folder. */
export const tlsIn = (dir: string, client_ca_file?: string) => ({
  cert_file: join(dir, "cert.pem"),
  key_file: join(dir, "key.pem"),
  ...(client_ca_file !== undefined && { client_ca_file: join(dir, client_ca_file) }),
});

type RequestOptions = Parameters<typeof request>[1];

export interface TlsAnswer {
  readonly status: number | undefined;
  readonly body: string;
  readonly socket: TLSSocket;
}

/** GET over TLS, on a connection of its own unless told otherwise. Rejects where there is no answer. */
export function getOver(url: string, options: RequestOptions): Promise<TlsAnswer> {
  return new Promise((resolve, reject) => {
    request(url, { agent: false, ...options }, (response) => {
      const socket = response.socket as TLSSocket; // it was asked for by https
      text(response).then((body) => resolve({ status: response.statusCode, body, socket }), reject);
    })
      .on("error", reject)
      .end();
  });
}

/** Everything that comes back on a connection of TLS until it ends, and by which error it did. */
export function talk(
  port: number,
  options: Parameters<typeof connect>[1],
  send = "GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
): Promise<{ readonly said: string; readonly failed: string | undefined }> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1", ...options });
    let said = "";
    let failed: string | undefined;
    socket.on("secureConnect", () => socket.write(send));
    socket.on("data", (bytes) => {
      said += bytes;
    });
    socket.on("error", ({ code }: NodeJS.ErrnoException) => {
      failed = code;
    });
    socket.on("close", () => resolve({ said, failed }));
  });
}
