import type { ChildProcess } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Account } from "@nats-io/jwt";
import { connect, credsAuthenticator } from "@nats-io/transport-node";
import { natsServerBinary } from "./nats-binary.ts";
import { end, launch, ready } from "./nats-process.ts";
import { type NatsTree, natsTree } from "./nats-tree.ts";
import type { Scope } from "./project.ts";

export interface NatsOptions<Name extends string> {
  /** Names of the application accounts; `ORDERS` alone unless told otherwise. */
  readonly accounts?: readonly Name[];
  /** Off unless told otherwise: most tests do not need it. */
  readonly jetstream?: boolean;
  /** `full` keeps pushed account JWTs on disk; `memory`, the default, forgets them at the end. */
  readonly resolver?: "memory" | "full";
  /** More lines for nats-server.conf. */
  readonly config?: string;
}

/** A running nats-server in operator mode, with every key that was made for it. */
export interface Nats<Name extends string = "ORDERS">
  extends Pick<NatsTree<Name>, "operator" | "system" | "accounts"> {
  /** `nats://127.0.0.1:<port>` */
  readonly url: string;
  readonly port: number;
  /** Mode 0700, removed at the end. */
  readonly dir: string;
  readonly pid: number;
  /** What the server has logged so far. */
  logs(): readonly string[];
  /** Changes an account while the server runs; the changes add up over several calls. */
  pushAccount(name: Name, changes: Partial<Account>): Promise<void>;
  /** Ends the server now; otherwise it ends with its scope. */
  stop(): Promise<void>;
}

/** Starts a real nats-server on a free loopback port and waits until it takes connections. */
export async function startNats<const Name extends string = "ORDERS">(
  scope: Scope,
  options: NatsOptions<Name> = {},
): Promise<Nats<Name>> {
  // `as`: without `accounts`, Name is its own default, which is this very name.
  const names = options.accounts ?? (["ORDERS"] as readonly string[] as readonly Name[]);
  const binary = await natsServerBinary();
  const dir = await mkdtemp(join(tmpdir(), "nats-sts-")); // Mode 0700 by itself.
  let child: ChildProcess | undefined;
  const stop = async () => child && end(child);
  scope.after(async () => {
    await stop();
    await rm(dir, { recursive: true, force: true });
  });

  const tree = await natsTree(dir, names, options.jetstream ?? false);
  const file = join(dir, "nats-server.conf");
  await writeFile(file, await configOf(dir, tree, names, options), { mode: 0o600 });

  const log: string[] = [];
  child = launch(binary, ["--config", file, "--ports_file_dir", dir], log);
  const url = await ready(child, dir, log);

  const { operator, system, accounts } = tree;
  return {
    url,
    port: Number(new URL(url).port),
    dir,
    pid: child.pid ?? 0,
    operator,
    system,
    accounts,
    logs: () => log,
    async pushAccount(name, changes) {
      const subject =
        options.resolver === "full"
          ? "$SYS.REQ.CLAIMS.UPDATE"
          : `$SYS.REQ.ACCOUNT.${accounts[name].public_key}.CLAIMS.UPDATE`;
      await push(url, system.creds, subject, await tree.accountJwt(name, changes));
    },
    stop,
  };
}

/** Runs a nats-server on a configuration as it stands, but for the port. Resolves with its URL. */
export async function runNatsServer(scope: Scope, file: string): Promise<string> {
  const binary = await natsServerBinary();
  const dir = await mkdtemp(join(tmpdir(), "nats-sts-"));
  const log: string[] = [];
  const free_port = ["--addr", "127.0.0.1", "--port", "-1", "--ports_file_dir", dir];
  const child = launch(binary, ["--config", file, ...free_port], log);
  scope.after(async () => {
    await end(child);
    await rm(dir, { recursive: true, force: true });
  });
  return ready(child, dir, log);
}

async function configOf<Name extends string>(
  dir: string,
  tree: NatsTree<Name>,
  names: readonly Name[],
  { jetstream = false, resolver = "memory", config = "" }: NatsOptions<Name>,
): Promise<string> {
  const { operator, system, accounts } = tree;
  const text = JSON.stringify; // A JSON string is a string in nats-server.conf, too.
  const full = `{ type: full, dir: ${text(join(dir, "jwt"))}, allow_delete: true, interval: "2m" }`;
  const preload = [`  ${system.public_key}: ${text(system.jwt)}`];
  for (const name of names) {
    preload.push(`  ${accounts[name].public_key}: ${text(await tree.accountJwt(name))}`);
  }
  return [
    `server_name: test`,
    `listen: "127.0.0.1:-1"`,
    `operator: ${text(operator.jwt)}`,
    `system_account: ${system.public_key}`,
    "authorization { timeout: 30 }", // a busy machine takes more than the usual two seconds
    `resolver: ${resolver === "full" ? full : "MEMORY"}`,
    `resolver_preload: {`,
    ...preload,
    `}`,
    jetstream ? `jetstream: { store_dir: ${text(join(dir, "jetstream"))} }` : "",
    config,
    "",
  ].join("\n");
}

async function push(url: string, creds: string, subject: string, jwt: string): Promise<void> {
  const authenticator = credsAuthenticator(new TextEncoder().encode(creds));
  const nc = await connect({ servers: url, authenticator, reconnect: false });
  try {
    const answer = (await nc.request(subject, jwt, { timeout: 5_000 })).json();
    // The server says 200 as soon as it has stored the JWT, and error in the same place otherwise.
    if (!JSON.stringify(answer).includes('"code":200')) throw new Error(JSON.stringify(answer));
  } finally {
    await nc.close();
  }
}
