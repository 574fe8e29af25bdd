import { connectWith, violations } from "../../test/support/nats-client.ts";
import { inboxOf, type Scene } from "../play.ts";
import { must, stage } from "../stage.ts";

/** What the credentials let their holders do on a real server, and what not. */
export const server: Scene = async ({ scope, provider, service, nats_url, file }) => {
  stage.title("6. The server enforces the policy");
  if (nats_url === undefined) {
    stage.missing(
      "not shown, for want of a server: publish, request and reply, and refusals by it",
    );
    return;
  }
  const creds = await file("app.creds");
  const worker = await connectWith(scope, nats_url, creds, { inboxPrefix: inboxOf(creds) });
  const refused = violations(worker);
  stage.good("worker: connected with app.creds");

  const answer = await service.ask(await provider.token({ client: "shop" }));
  const { jwt, seed, inbox_prefix } = answer.json;
  const shop = await connectWith(scope, nats_url, { jwt, seed }, { inboxPrefix: inbox_prefix });
  stage.good("shop: connected with a credential of its own");

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
  for await (const message of done) {
    stage.good(`shop received ${message.subject}: "${message.string()}"`);
  }
  worker.publish("orders.done.shop", "not mine");
  worker.subscribe(`${inbox_prefix}.>`);
  const violated = await refused();
  must(violated.length === 2, "two refusals by the server");
  for (const what of violated) stage.refused(`the server refused the worker: ${what}`);
};
