import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Scope } from "../test/support/project.ts";
import type { Parts } from "./parts.ts";
import { must, type Ran, shell, short, stage } from "./stage.ts";

/** What a scene is played with. */
export interface Play extends Parts {
  /** Ends with the scene. */
  readonly scope: Scope;
  /** URL of the server; undefined where there is none. */
  readonly nats_url: string | undefined;
  /** Gets a token as its client does, and shows how. */
  token(client: string, audience?: string): Promise<string>;
  /** Shows a command line of nats-sts and runs it in the demo's folder. */
  nats_sts(line: string, env?: Readonly<Record<string, string>>): Promise<Ran>;
  /** Shows a shell script and runs it in the demo's folder. */
  typed(script: string, env?: Readonly<Record<string, string>>): Promise<Ran>;
  /** A file in the demo's folder. */
  file(name: string): Promise<string>;
}

/** One part of the story. */
export type Scene = (play: Play) => Promise<void>;

/** The prefix of the private inbox, as a creds file tells it. */
export const inboxOf = (creds: string) => /^# inbox_prefix: (\S+)$/m.exec(creds)?.[1] ?? "";

/** Makes the props of a scene. */
export function playOf(parts: Parts, scope: Scope): Play {
  const { dir, provider, service, nats } = parts;
  const PATH = `${join(dir, "bin")}:${process.env["PATH"]}`;
  const run = (script: string, env: Readonly<Record<string, string>> = {}) =>
    shell(script, dir, { PATH, URL: service.url, ...env });
  const typed: Play["typed"] = (script, env) => {
    stage.typed(script);
    return run(script, env);
  };
  return {
    ...parts,
    scope,
    nats_url: "url" in nats ? nats.url : undefined,
    typed,
    nats_sts: (line, env) => typed(`nats-sts ${line}`, env),
    file: (name) => readFile(join(dir, name), "utf8"),
    async token(client, audience = provider.audience) {
      const line = `curl -sS -u ${client}:$SECRET -d grant_type=client_credentials -d scope=orders.read \\
  -d resource=urn:audience:${audience} ${provider.issuer}/token`;
      const { stdout } = await typed(line, { SECRET: `${client}-secret` });
      const { access_token } = JSON.parse(stdout) as { access_token?: string };
      must(access_token, "a token from the provider");
      stage.came(`{"access_token":"${short(access_token, 24)}","token_type":"Bearer",…}`);
      return access_token;
    },
  };
}
