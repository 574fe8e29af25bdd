import { Kvm } from "@nats-io/kv";
import { Objm } from "@nats-io/obj";
import { type NatsJs, need, type Verbs } from "./nats-js-verbs.ts";
import type { Step, Verb } from "./session.ts";

const BARE = { bindOnly: true, allow_direct: true };
const bucketOf = ({ js }: NatsJs, { bucket, bare }: Step) =>
  new Kvm(js).open(need(bucket), bare ? BARE : {});
const storeOf = ({ js }: NatsJs, { bucket }: Step) => new Objm(js).open(need(bucket));

/** Key-value and object buckets. */
export const BUCKETS: Verbs<Extract<Verb, `kv_${string}` | `object_${string}`>> = {
  async kv_get(client, step) {
    const entry = await (await bucketOf(client, step)).get(need(step.key));
    return entry?.string() ?? null;
  },
  async kv_revision(client, step) {
    const { key, count: revision = 0 } = step;
    const entry = await (await bucketOf(client, step)).get(need(key), { revision });
    return entry?.string() ?? null;
  },
  async kv_put(client, step) {
    await (await bucketOf(client, step)).put(need(step.key), need(step.value));
    return "put";
  },
  async kv_delete(client, step) {
    await (await bucketOf(client, step)).delete(need(step.key));
    return "deleted";
  },
  async kv_watch(client, step) {
    let count = 0;
    for await (const entry of await (await bucketOf(client, step)).watch({ key: need(step.key) })) {
      count++;
      if (entry.delta === 0) break;
    }
    return count;
  },
  async kv_keys(client, step) {
    let count = 0;
    for await (const _ of await (await bucketOf(client, step)).keys()) count++;
    return count;
  },
  async kv_history(client, step) {
    let count = 0;
    const key = need(step.key);
    for await (const _ of await (await bucketOf(client, step)).history({ key })) count++;
    return count;
  },
  async kv_status(client, step) {
    return (await (await bucketOf(client, step)).status()).values;
  },
  async object_put(client, step) {
    const bytes = new Uint8Array(step.count ?? 0);
    await (await storeOf(client, step)).putBlob({ name: need(step.name) }, bytes);
    return bytes.length;
  },
  async object_get(client, step) {
    return (await (await storeOf(client, step)).getBlob(need(step.name)))?.length ?? null;
  },
  async object_list(client, step) {
    return (await (await storeOf(client, step)).list()).map(({ name }) => name);
  },
  async object_delete(client, step) {
    await (await storeOf(client, step)).delete(need(step.name));
    return "deleted";
  },
};
