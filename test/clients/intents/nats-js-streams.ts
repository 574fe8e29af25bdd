import { AckPolicy, jetstreamManager } from "@nats-io/jetstream";
import type { Msg } from "@nats-io/transport-node";
import { type NatsJs, need, type Verbs } from "./nats-js-verbs.ts";
import type { Verb } from "./session.ts";

const managerOf = ({ nc, options }: NatsJs) => jetstreamManager(nc, options);

/** Streams, consumers and services. */
export const STREAMS: Verbs<Exclude<Verb, `kv_${string}` | `object_${string}`>> = {
  async publish({ nc }, { subjects = [] }) {
    for (const subject of subjects) nc.publish(subject, "{}");
  },
  async subscribe({ nc }, { subjects = [], queue }) {
    for (const subject of subjects) nc.subscribe(subject, queue === undefined ? {} : { queue });
  },
  async store({ js }, { subjects = [], value = "" }) {
    for (const subject of subjects) await js.publish(subject, value);
    return "stored";
  },
  async take({ js, patience_ms }, { stream, consumer, count = 0 }) {
    const found = await js.consumers.get(need(stream), need(consumer));
    for (let i = 0; i < count; i++) {
      const message = await found.next({ expires: patience_ms });
      if (!(await message?.ackAck())) throw new Error("not acknowledged");
    }
    return count;
  },
  async take_pushed({ js }, { stream, consumer, count = 0 }) {
    const found = await js.consumers.getPushConsumer(need(stream), need(consumer));
    let taken = 0;
    for await (const message of await found.consume()) {
      if (++taken < count) message.ack();
      else break;
    }
    return taken;
  },
  async make(client, { stream, consumer, filter }) {
    const info = await (await managerOf(client)).consumers.add(need(stream), {
      durable_name: need(consumer),
      ack_policy: AckPolicy.Explicit,
      ...(filter !== undefined && { filter_subject: filter }),
    });
    return info.name;
  },
  async read({ js }, { stream, filter, count = 0 }) {
    const ordered = await js.consumers.get(need(stream), { filter_subjects: need(filter) });
    let taken = 0;
    for await (const _ of await ordered.consume()) {
      if (++taken === count) break;
    }
    return taken;
  },
  async names(client) {
    const found: string[] = [];
    for await (const name of (await managerOf(client)).streams.names()) found.push(name);
    return found;
  },
  async purge(client, { stream }) {
    await (await managerOf(client)).streams.purge(need(stream));
    return "purged";
  },
  serve,
};

/** Answers `count` requests as a micro service (ADR-32), of which nats.js has a package of its own. */
async function serve(
  { nc }: NatsJs,
  { name = "", subjects = [], count = 0 }: Parameters<Verbs["serve"]>[1],
): Promise<unknown> {
  const about = { name, id: nc.info?.client_id ?? 0, version: "1.0.0" };
  for (const verb of ["PING", "INFO", "STATS"]) {
    const type = `io.nats.micro.v1.${verb.toLowerCase()}_response`;
    const callback = (error: Error | null, message: Msg) => {
      if (!error) message.respond(JSON.stringify({ ...about, type }));
    };
    for (const below of ["", `.${name}`, `.${name}.${about.id}`])
      nc.subscribe(`$SRV.${verb}${below}`, { callback });
  }
  const endpoint = nc.subscribe(need(subjects[0]), { queue: "q", max: count });
  for await (const message of endpoint) message.respond(`from ${name}`);
  await nc.flush();
  return count;
}
