import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { keycloakHome } from "./keycloak-dist.ts";
import { AUDIENCE, REALM, REALM_FILE } from "./keycloak-realm.ts";
import type { Scope } from "./project.ts";

/** A real Keycloak with one realm, on a loopback port. */
export interface Keycloak {
  /** The exact `iss` of the realm. */
  readonly issuer: string;
  readonly audience: string;
  /** What the token endpoint answers to this form. */
  grant(form: Readonly<Record<string, string>>, headers?: Record<string, string>): Promise<Tokens>;
  /** The token of a client by client_credentials. */
  client(id: string, scope?: string): Promise<string>;
  /** The tokens of a person, through the client `desk`. */
  person(name: string, scope?: string): Promise<Tokens>;
  /** Ends the session of a person. */
  logout(tokens: Tokens): Promise<void>;
  /** A new key signs from now on; the one before it is withdrawn. */
  rotate(): Promise<void>;
  stop(): Promise<void>;
  start(): Promise<void>;
}

export interface Tokens {
  readonly access_token: string;
  readonly id_token?: string;
  readonly refresh_token?: string;
}

const START_LIMIT_MS = 240_000;
const STOP_LIMIT_MS = 20_000;
const ADMIN = "admin";

/** Starts Keycloak with the realm of the tests; it ends with its scope. */
export async function startKeycloak(scope: Scope): Promise<Keycloak> {
  const home = await keycloakHome(scope);
  await mkdir(join(home, "data", "import"), { recursive: true });
  await writeFile(join(home, "data", "import", `${REALM}-realm.json`), JSON.stringify(REALM_FILE));
  const base = `http://127.0.0.1:${await freePort()}`;
  let child = await launch(home, base);
  scope.after(() => end(child));

  const grant: Keycloak["grant"] = async (form, headers = {}) => {
    const url = `${base}/realms/${REALM}/protocol/openid-connect/token`;
    const body = new URLSearchParams(form);
    return readJson(await fetch(url, { method: "POST", body, headers })) as Promise<Tokens>;
  };
  const secret = (id: string) => ({ client_id: id, client_secret: `${id}-secret` });
  return {
    issuer: `${base}/realms/${REALM}`,
    audience: AUDIENCE,
    grant,
    async client(id, scope) {
      const wanted = scope === undefined ? {} : { scope };
      const form = { grant_type: "client_credentials", ...wanted, ...secret(id) };
      return (await grant(form)).access_token;
    },
    person: (username, scope = "openid") =>
      grant({
        ...{ grant_type: "password", username, password: `${username}-password`, scope },
        ...secret("desk"),
      }),
    async logout({ refresh_token = "" }) {
      const url = `${base}/realms/${REALM}/protocol/openid-connect/logout`;
      const body = new URLSearchParams({ refresh_token, ...secret("desk") });
      await readJson(await fetch(url, { method: "POST", body }));
    },
    rotate: () => rotate(base),
    stop: () => end(child),
    async start() {
      child = await launch(home, base);
    },
  };
}

async function launch(home: string, base: string): Promise<ChildProcess> {
  const { port } = new URL(base);
  const args = ["start", "--optimized", "--import-realm", `--hostname=${base}`];
  const http = ["--http-enabled=true", "--http-host=127.0.0.1", `--http-port=${port}`];
  const child = spawn(join(home, "bin", "kc.sh"), [...args, ...http], {
    cwd: home,
    stdio: ["ignore", "pipe", "inherit"],
    env: {
      ...process.env,
      KC_BOOTSTRAP_ADMIN_USERNAME: ADMIN,
      KC_BOOTSTRAP_ADMIN_PASSWORD: ADMIN,
      JAVA_OPTS_KC_HEAP: "-Xms64m -Xmx512m",
    },
  });
  running.add(child);
  child.once("exit", () => running.delete(child));
  try {
    await listening(child);
    return child;
  } catch (error) {
    await end(child);
    throw error;
  }
}

/** Those that run. A test process that dies must not leave them behind. */
const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** Resolves when it says that it listens; what it says after that is read and forgotten. */
function listening(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    const log: string[] = [];
    const failed = (why: string) => {
      clearTimeout(late);
      reject(new Error(`Keycloak ${why}:\n${log.join("\n")}`));
    };
    const late = setTimeout(() => failed("did not start in time"), START_LIMIT_MS);
    child.once("error", (error) => failed(error.message));
    child.once("exit", (code, signal) => failed(`ended with ${code ?? signal}`));
    if (!child.stdout) return failed("has no log");
    createInterface({ input: child.stdout }).on("line", (line) => {
      if (log.push(line) > 20) log.shift();
      if (!line.includes("Listening on:")) return;
      clearTimeout(late);
      resolve();
    });
  });
}

/** Its script becomes Java itself, so the id of the child is that of the server. */
async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, "exit");
  const kill = setTimeout(() => child.kill("SIGKILL"), STOP_LIMIT_MS);
  child.kill("SIGTERM");
  await exit;
  clearTimeout(kill);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // only a server on a pipe has a string here
  await new Promise((resolve) => server.close(resolve));
  return port;
}

// biome-ignore lint/suspicious/noExplicitAny: answers of every shape
async function readJson(response: Response): Promise<any> {
  const text = await response.text();
  if (!response.ok) throw new Error(`Keycloak answers ${response.status}: ${text.slice(0, 300)}`);
  return text === "" ? undefined : JSON.parse(text);
}

/** As an administrator does it: a new key of higher priority, and the old one switched off. */
async function rotate(base: string): Promise<void> {
  const admin = {
    grant_type: "password",
    client_id: "admin-cli",
    username: ADMIN,
    password: ADMIN,
  };
  const token_url = `${base}/realms/master/protocol/openid-connect/token`;
  const body = new URLSearchParams(admin);
  const { access_token } = await readJson(await fetch(token_url, { method: "POST", body }));
  const headers = {
    authorization: `Bearer ${access_token}`,
    "content-type": "application/json",
    connection: "close",
  };
  const call = async (path: string, method = "GET", content?: object) =>
    readJson(
      await fetch(`${base}/admin/realms/${REALM}${path}`, {
        ...{ method, headers },
        ...(content && { body: JSON.stringify(content) }),
      }),
    );
  const { active, keys } = await call("/keys");
  const { providerId: id } = keys.find(({ kid }: { kid: string }) => kid === active.RS256);
  const old = await call(`/components/${id}`);
  const { parentId, providerType } = old;
  const config = { priority: ["200"], enabled: ["true"], active: ["true"], algorithm: ["RS256"] };
  const fresh = { name: `rsa-${Date.now()}`, providerId: "rsa-generated", providerType, parentId };
  await call("/components", "POST", { ...fresh, config });
  const off = { ...old.config, enabled: ["false"], active: ["false"] };
  await call(`/components/${id}`, "PUT", { ...old, config: off });
}
