import { readFileSync } from "node:fs";
import { join } from "node:path";
import { jetstream } from "@nats-io/jetstream";
import { connect, credsAuthenticator } from "@nats-io/transport-node";
import { violations } from "../../support/nats-client.ts";
import { PROJECT } from "../../support/project.ts";
import { BUCKETS } from "./nats-js-buckets.ts";
import { STREAMS } from "./nats-js-streams.ts";
import type { NatsJs, Verbs } from "./nats-js-verbs.ts";
import type { Outcome, Result, Session, Work } from "./session.ts";

const VERBS: Verbs = { ...STREAMS, ...BUCKETS };

/** Does what README.md says with nats.js, in this process. */
export async function withNatsJs(work: Work): Promise<Result> {
  // Not in what the package exports.
  const manifest = join(PROJECT, "node_modules/@nats-io/transport-node/package.json");
  const { version } = JSON.parse(readFileSync(manifest, "utf8"));
  const sessions = await Promise.all(work.sessions.map((session) => use(session, work)));
  return { client: `nats.js ${version}`, sessions };
}

async function use(session: Session, work: Work): Promise<readonly Outcome[]> {
  const creds = readFileSync(session.creds_file);
  const inboxPrefix = /^# inbox_prefix: (\S+)/.exec(creds.toString())?.[1];
  if (inboxPrefix === undefined) throw new Error("the creds file does not begin with inbox_prefix");
  const authenticator = credsAuthenticator(creds);
  const nc = await connect({ servers: session.url, reconnect: false, authenticator, inboxPrefix });
  const options = { checkAPI: false, ...(session.domain && { domain: session.domain }) };
  const client: NatsJs = { nc, js: jetstream(nc, options), options, patience_ms: work.patience_ms };
  const seen = violations(nc);
  const outcomes: Outcome[] = [];
  try {
    for (const step of session.steps) {
      const limit_ms = step.forbidden ? work.impatient_ms : work.patience_ms;
      const done = await within(limit_ms, VERBS[step.do](client, step)).then(
        (value) => ({ value }),
        (error: unknown) => ({ error: String(error) }),
      );
      outcomes.push({ ...done, refused: await seen() });
    }
  } finally {
    await nc.close();
  }
  return outcomes;
}

async function within<T>(limit_ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`took more than ${limit_ms} ms`)), limit_ms);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
