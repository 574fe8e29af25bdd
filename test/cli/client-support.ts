import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { Nats } from "../support/nats.ts";
import { startNats } from "../support/nats.ts";
import type { Scope } from "../support/project.ts";
import { type Provider, startProvider } from "../support/provider.ts";
import { BIN, makeDir, type Service, startService } from "../support/service.ts";
import type { Ran } from "./support.ts";

/** The `public_url` of services under test, which listen on a port that is not known before. */
export const PUBLIC_URL = "https://sts.example.test";

const POLICY = `
version: 1
roles:
  reader: { account: ORDERS, subscribe: [orders.>], publish: [orders.new] }
  auditor: { account: ORDERS, subscribe: [audit.>] }
rules:
  - { name: readers, issuer: corp, client: reader, roles: [reader, auditor] }
`;

/** A provider, a nats-server and a service between them. */
export interface Deployment {
  readonly nats: Nats;
  readonly provider: Provider;
  readonly service: Service;
  /** Mode 0700, empty, removed at the end. */
  readonly dir: string;
  /** Options that reach the service by its address. */
  readonly reach: readonly string[];
  token(): Promise<string>;
}

export async function deploy(scope: Scope): Promise<Deployment> {
  const [nats, provider, dir] = await Promise.all([
    startNats(scope),
    startProvider(scope, { clients: [{ id: "reader" }, { id: "stranger" }] }),
    makeDir(scope),
  ]);
  const service = await startService(scope, {
    provider,
    policy: POLICY,
    accounts: [nats.accounts.ORDERS],
    config: { servers: [nats.url], public_url: PUBLIC_URL },
  });
  const reach = ["--url", service.url, "--public-url", PUBLIC_URL];
  return { nats, provider, service, dir, reach, token: () => provider.token({ client: "reader" }) };
}

/** The compiled program while it runs. */
export interface Running {
  readonly child: ChildProcess;
  /** What it has written to standard error and output so far. */
  readonly said: { out: string; err: string };
  /** Resolves as soon as one of the two has this in it. */
  says(words: string | RegExp): Promise<void>;
  /** Resolves when it has ended. */
  readonly ended: Promise<Ran & { readonly signal: NodeJS.Signals | null }>;
}

/** Starts the compiled program. Without an environment it has a path and nothing else. */
export function start(
  scope: Scope,
  args: readonly string[],
  options: { readonly env?: Readonly<Record<string, string>>; readonly stdin?: string } = {},
): Running {
  const child = spawn(process.execPath, [BIN, ...args], {
    stdio: ["pipe", "pipe", "pipe"],
    env: { PATH: process.env["PATH"], ...options.env },
  });
  scope.after(() => child.kill("SIGKILL"));
  child.stdin.on("error", () => {}); // It need not read any.
  child.stdin.end(options.stdin ?? "");
  const said = { out: "", err: "" };
  const heard = new Set<() => void>();
  for (const [name, stream] of [
    ["out", child.stdout],
    ["err", child.stderr],
  ] as const)
    stream.setEncoding("utf8").on("data", (chunk: string) => {
      said[name] += chunk;
      for (const listen of heard) listen();
    });
  const ended = once(child, "close").then(([code, signal]) => ({ code, signal, ...said }));
  return {
    child,
    said,
    ended,
    says(words) {
      const fits = () => [said.out, said.err].some((text) => text.search(words) >= 0);
      return new Promise((resolve, reject) => {
        const listen = () => {
          if (!fits()) return;
          heard.delete(listen);
          resolve();
        };
        heard.add(listen);
        listen();
        void ended.then(
          () => fits() || reject(new Error(`it ended without: ${words}\n${said.err}`)),
        );
      });
    },
  };
}
