import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { createAccount } from "@nats-io/nkeys";
import type { StoredEvent } from "../../src/journal/index.ts";
import type { Scope } from "./project.ts";
import type { Provider } from "./provider.ts";

/** What the service has to know of one account. `startNats` gives them, {@link makeAccount} too. */
export interface ServedAccount {
  readonly name: string;
  readonly public_key: string;
  readonly signing_key_file: string;
}

/** A policy for tests in which it does not matter: whoever `corp` knows gets the same. */
export const EVERYONE = `version: 1
rules:
  - { name: everyone, issuer: corp, grant: { account: ORDERS, subscribe: [orders.>], publish: [orders.new] } }
`;

export interface ServiceOptions {
  readonly provider: Pick<Provider, "issuer" | "audience">;
  /** The policy file, as a person would write it. */
  readonly policy: string;
  readonly accounts: readonly ServedAccount[];
  /** Laid over the configuration, key by key. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** In place of a folder of its own, such as that of a service before. */
  readonly dir?: string;
  /** Laid over the environment. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON; undefined where it is none. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  readonly json: any;
}

/** The service as its users run it: the compiled program, in a process of its own. */
export interface Service {
  readonly url: string;
  readonly public_url: string;
  readonly metrics_url: string;
  /** Where administration comes in, if the configuration names its audience. */
  readonly admin_url?: string;
  readonly dir: string;
  readonly config_file: string;
  readonly policy_file: string;
  readonly child: ChildProcess;
  /** `POST /v1/credentials` with this token and body. */
  ask(token: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  request(path: string, options?: RequestInit): Promise<Answer>;
  /** The lines of its log so far. */
  logs(): readonly string[];
  /** The events in its journal now. */
  journal(): Promise<readonly StoredEvent[]>;
  /** Sends a signal and resolves with the exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

/** The program under test: the one that was compiled together with these tests. */
export const BIN = fileURLToPath(new URL("../../src/main.js", import.meta.url));
const PUBLIC_URL = "https://sts.example.test";
const START_LIMIT_MS = 60_000;

/** An account with a signing key, for tests that need no server behind it. */
export async function makeAccount(dir: string, name = "ORDERS"): Promise<ServedAccount> {
  const signing_key_file = join(dir, `${name}.nk`);
  await writeFile(signing_key_file, createAccount().getSeed(), { mode: 0o600 });
  return { name, public_key: createAccount().getPublicKey(), signing_key_file };
}

/** A folder that goes away with its scope. */
export async function makeDir(scope: Scope): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "nats-sts-"));
  scope.after(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

/** Writes the configuration and the policy. Resolves with the path of the configuration. */
export async function writeConfig(dir: string, options: ServiceOptions): Promise<string> {
  const { provider, policy, accounts, config } = options;
  await writeFile(join(dir, "policy.yaml"), policy);
  const file = join(dir, "nats-sts.yaml");
  const written = {
    listen: "127.0.0.1:0",
    metrics_listen: "127.0.0.1:0",
    admin_listen: "127.0.0.1:0",
    public_url: PUBLIC_URL,
    issuers: [
      {
        name: "corp",
        url: provider.issuer,
        preset: "generic",
        audience: provider.audience,
        insecure_http: true,
      },
    ],
    policy: "policy.yaml",
    accounts: accounts.map(({ name, public_key, signing_key_file }) => ({
      name,
      public_key,
      signing_keys: [{ file: signing_key_file }],
    })),
    journal: { dir: "journal" },
    ...config,
    // Nothing looks at /readyz here before it sends a signal.
    limits: { shutdown_delay: "0s", ...(config?.["limits"] as object) },
  };
  await writeFile(file, JSON.stringify(written, null, 2)); // JSON is YAML
  return file;
}

/** Writes a configuration and starts the compiled service with it. */
export async function startService(scope: Scope, options: ServiceOptions): Promise<Service> {
  const dir = options.dir ?? (await makeDir(scope));
  await mkdir(dir, { recursive: true });
  return serveFile(scope, await writeConfig(dir, options), options.env);
}

/** Starts the compiled service with a configuration and waits until it listens. */
export async function serveFile(
  scope: Scope,
  config_file: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Service> {
  const dir = dirname(config_file);
  const child = spawn(process.execPath, [BIN, "serve", "--config", config_file], {
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...process.env, ...env },
  });
  const exited = once(child, "exit");
  scope.after(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
    await exited;
  });
  const log: string[] = [];
  const { url, public_url, metrics_url, admin_url } = await listening(child, log);

  const request = async (path: string, init: RequestInit = {}): Promise<Answer> => {
    const response = await fetch(`${url}${path}`, init);
    const text = await response.text();
    const is_json = /json/.test(response.headers.get("content-type") ?? "");
    return {
      status: response.status,
      headers: response.headers,
      text,
      json: is_json ? JSON.parse(text) : undefined,
    };
  };
  return {
    url,
    public_url,
    metrics_url,
    ...(admin_url !== undefined && { admin_url }),
    dir,
    config_file,
    policy_file: join(dir, "policy.yaml"),
    child,
    request,
    ask: (token, body, headers = {}) =>
      request("/v1/credentials", {
        method: "POST",
        headers: {
          authorization: `Bearer ${token}`,
          ...(body !== undefined && { "content-type": "application/json" }),
          ...headers,
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
    logs: () => log,
    journal: () => readJournal(join(dir, "journal", "main")),
    async stop(signal = "SIGTERM") {
      child.kill(signal);
      const [code] = await exited;
      return code;
    },
  };
}

/** The events of one writer, in order, whole lines only. */
export async function readJournal(dir: string): Promise<readonly StoredEvent[]> {
  const segments = (await readdir(dir)).filter((name) => /^\d{16}\.jsonl$/.test(name)).sort();
  const texts = await Promise.all(segments.map((name) => readFile(join(dir, name), "utf8")));
  return texts.flatMap((text) =>
    text
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line)),
  );
}

/** Where the service listens, as its log tells. */
type Listening = Pick<Service, "url" | "public_url" | "metrics_url" | "admin_url">;

/** The service says where it listens in a line of its log. */
function listening(child: ChildProcess, log: string[]): Promise<Listening> {
  return new Promise((resolve, reject) => {
    const failed = (why: string) =>
      reject(new Error(`the service ${why}:\n${log.slice(-20).join("\n")}`));
    const late = setTimeout(() => failed("did not start in time"), START_LIMIT_MS);
    child.once("exit", (code, signal) => {
      clearTimeout(late);
      failed(`ended with ${code ?? signal}`);
    });
    if (!child.stderr) return failed("has no log");
    createInterface({ input: child.stderr }).on("line", (line) => {
      log.push(line);
      if (!line.includes('"msg":"listening"')) return;
      clearTimeout(late);
      resolve(JSON.parse(line));
    });
  });
}
