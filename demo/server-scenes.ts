import { connectWith, violations } from "../test/support/nats-client.ts";
import type { Scope } from "../test/support/project.ts";
import type { Parts } from "./parts.ts";
import { must, stage } from "./stage.ts";

const inboxOf = (creds: string) => /^# inbox_prefix: (\S+)$/m.exec(creds)?.[1] ?? "";

/** What the credential lets its holder do on a real server, and what not. */
export async function useOnServer(
  { provider, service }: Parts,
  url: string,
  creds: string,
): Promise<void> {
  const undo: (() => unknown)[] = [];
  const scope: Scope = { after: (fn) => undo.unshift(fn) };
  try {
    const worker = await connectWith(scope, url, creds, { inboxPrefix: inboxOf(creds) });
    const refused = violations(worker);
    stage.good("worker: connected with app.creds");

    const answer = await service.ask(await provider.token({ client: "shop" }));
    const { jwt, seed, inbox_prefix } = answer.json;
    const shop = await connectWith(scope, url, { jwt, seed }, { inboxPrefix: inbox_prefix });
    stage.good("shop: connected with a credential from the JSON answer");

    const done = shop.subscribe("orders.done.*", { max: 1 });
    worker.subscribe("orders.new", {
      queue: "workers",
      callback: (_, message) => void message.respond(`accepted: ${message.string()}`),
    });
    await Promise.all([worker.flush(), shop.flush()]);

    const reply = await shop.request("orders.new", "one bicycle", { timeout: 5_000 });
    must(reply.string() === "accepted: one bicycle", "a reply");
    stage.good(`shop asked on orders.new and read in its private inbox: "${reply.string()}"`);

    worker.publish("orders.done.worker", "one bicycle");
    for await (const message of done)
      stage.good(`shop received ${message.subject}: "${message.string()}"`);

    worker.publish("orders.done.shop", "not mine");
    worker.subscribe(`${inbox_prefix}.>`);
    const violated = await refused();
    must(violated.length === 2, "two refusals by the server");
    for (const what of violated) stage.refused(`the server refused the worker: ${what}`);
  } finally {
    for (const fn of undo) await fn();
  }
}
