import { readFileSync } from "node:fs";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import { jetstream } from "@nats-io/jetstream";
import { connect, credsAuthenticator, type NatsConnection } from "@nats-io/transport-node";
import { violations } from "../support/nats-client.ts";
import { PROJECT } from "../support/project.ts";
import type { Result, Work } from "./work.ts";

const work = (await json(process.stdin)) as Work; // Written by our own test.
const creds = readFileSync(work.creds_file);
const inboxPrefix = /^# inbox_prefix: (\S+)/.exec(creds.toString())?.[1];
if (inboxPrefix === undefined) throw new Error("the creds file does not begin with inbox_prefix");
const options = { servers: work.url, reconnect: false, authenticator: credsAuthenticator(creds) };

// Not in what the package exports.
const manifest = join(PROJECT, "node_modules/@nats-io/transport-node/package.json");
const { version } = JSON.parse(readFileSync(manifest, "utf8"));

const nc = await connect({ ...options, inboxPrefix });
const result: Result = {
  client: `nats.js ${version}`,
  ...(await exchange(nc)),
  job: await takeJob(nc),
  refused: await refusals(nc),
  default_inbox: await askWithDefaultInbox(),
};
await nc.close();
console.log(JSON.stringify(result));

async function exchange(nc: NatsConnection): Promise<Pick<Result, "reply" | "news">> {
  nc.publish("orders.new", `from ${work.name}`);
  const subscription = nc.subscribe("orders.news", { max: 1, timeout: work.patience_ms });
  const reply = await nc.request("orders.ask", work.name, { timeout: work.patience_ms });
  let news = "";
  for await (const message of subscription) {
    news = message.string();
    message.respond(`seen by ${work.name}`);
  }
  return { reply: reply.string(), news };
}

async function takeJob(nc: NatsConnection): Promise<string> {
  const consumer = await jetstream(nc).consumers.get("JOBS", "worker");
  const message = await consumer.next({ expires: work.patience_ms });
  if (!(await message?.ackAck())) throw new Error("the job was not acknowledged");
  return message?.string() ?? "";
}

async function refusals(nc: NatsConnection): Promise<readonly string[]> {
  const seen = violations(nc);
  nc.publish("orders.secret");
  nc.subscribe("bills.>");
  return seen();
}

async function askWithDefaultInbox(): Promise<string> {
  const other = await connect(options);
  try {
    const timeout = work.impatient_ms;
    return (await other.request("orders.ask", "nobody", { timeout })).string();
  } catch {
    return "no answer";
  } finally {
    await other.close();
  }
}
