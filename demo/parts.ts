import { once } from "node:events";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { startNats } from "../test/support/nats.ts";
import { findNatsServer } from "../test/support/nats-binary.ts";
import { type NatsAccount, natsTree } from "../test/support/nats-tree.ts";
import { PROJECT, type Scope } from "../test/support/project.ts";
import { type Provider, startProvider } from "../test/support/provider.ts";
import { BIN, makeDir, type Service, serveFile } from "../test/support/service.ts";

import { shell } from "./stage.ts";

/** Everything that the story needs, running on free loopback ports. */
export interface Parts {
  readonly dir: string;
  readonly provider: Provider;
  readonly service: Service;
  /** Undefined, with the reason, where no nats-server can be had. */
  readonly nats:
    | { readonly url: string; readonly version: string; readonly path: string }
    | { readonly missing: string };
}

/**
 * Starts an OpenID provider, a nats-server in operator mode and the service between them.
 *
 * @param more_config lines for the configuration of the service
 */
export async function startParts(scope: Scope, more_config = ""): Promise<Parts> {
  await needCurl();
  const dir = await makeDir(scope);
  const [provider, nats] = await Promise.all([
    startProvider(scope, {
      scopes: ["orders.read"],
      clients: [{ id: "worker" }, { id: "shop" }, { id: "stranger" }],
    }),
    startServer(scope, dir),
  ]);
  await programIn(join(dir, "bin"));
  const config = join(dir, "nats-sts.yaml");
  await writeFile(join(dir, "policy.yaml"), await readFile(join(PROJECT, "demo/policy.yaml")));
  const listen = `127.0.0.1:${await freePort()}`;
  await writeFile(config, configuration(listen, provider, nats.account, nats.url) + more_config);
  const service = await serveFile(scope, config);
  return { dir, provider, service, nats: nats.running };
}

/** The first curl that has --json. */
const CURL_MINIMUM = [7, 82] as const;

async function needCurl(): Promise<void> {
  const { stdout } = await shell("curl --version", ".", {});
  const [, major, minor] = /^curl (\d+)\.(\d+)/.exec(stdout) ?? [];
  const [need_major, need_minor] = CURL_MINIMUM;
  const enough =
    Number(major) > need_major || (Number(major) === need_major && Number(minor) >= need_minor);
  if (!enough) throw new Error(`the demo needs curl ${CURL_MINIMUM.join(".")} or newer on PATH`);
}

/** Puts the program under its name into a folder, for a PATH. */
export async function programIn(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const script = `#!/bin/sh\nexec "${process.execPath}" "${BIN}" "$@"\n`;
  await writeFile(join(folder, "nats-sts"), script, { mode: 0o700 });
}

async function startServer(scope: Scope, dir: string) {
  try {
    const { version, path } = await findNatsServer();
    const { url, accounts } = await startNats(scope);
    return { account: accounts.ORDERS, url, running: { url, version, path } };
  } catch (error) {
    const { accounts } = await natsTree(dir, ["ORDERS"], false);
    const missing = error instanceof Error ? error.message : String(error);
    return { account: accounts.ORDERS, url: "nats://127.0.0.1:4222", running: { missing } };
  }
}

/** The service has to know its own URL beforehand, so it cannot take port 0. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo; // only a server on a pipe has a string here
  server.close();
  return port;
}

function configuration(
  listen: string,
  provider: Provider,
  account: NatsAccount,
  nats_url: string,
): string {
  return `listen: ${listen}
metrics_listen: 127.0.0.1:0
servers: ["${nats_url}"]
issuers:
  - name: demo
    url: ${provider.issuer}
    preset: generic
    audience: ${provider.audience}
    insecure_http: true # loopback only
policy: policy.yaml
accounts:
  - name: ORDERS
    public_key: ${account.public_key}
    signing_keys: [{ file: ${JSON.stringify(account.signing_key_file)} }]
journal: { dir: data/journal }
`;
}
