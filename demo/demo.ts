import { once } from "node:events";
import { type Parts, startParts } from "./parts.ts";
import { playOf, type Scene } from "./play.ts";
import { exchange, otherForms } from "./scenes/exchange.ts";
import { refusals } from "./scenes/refusals.ts";
import { renewal } from "./scenes/renewal.ts";
import { server } from "./scenes/server.ts";
import { stage } from "./stage.ts";

const STORY: readonly Scene[] = [exchange, otherForms, server, refusals, renewal];

/** Plays a scene and ends what it started, last first, whatever happened. */
async function act(scene: Scene, parts: Parts): Promise<void> {
  const undo: (() => unknown)[] = [];
  try {
    await scene(playOf(parts, { after: (fn) => undo.unshift(fn) }));
  } finally {
    for (const fn of undo) await fn();
  }
}

function cast({ provider, service, nats }: Parts): void {
  stage.title("nats-sts: an identity provider's token in, a short-lived NATS credential out");
  stage.say(`OpenID provider  ${provider.issuer}  (oidc-provider)`);
  if ("url" in nats)
    stage.say(
      `nats-server      ${nats.url}  (${nats.version}, account ORDERS)\n                   ${nats.path}`,
    );
  else stage.missing(`no nats-server: ${nats.missing}`);
  stage.say(`nats-sts         ${service.url}  (policy: demo/policy.yaml)`);
}

/** What can be tried while everything runs, until Ctrl-C. */
async function keep({ dir, provider, service, nats }: Parts): Promise<void> {
  stage.title("Everything is running. Try, in another terminal:");
  stage.typed(`cd ${dir}
export URL=${service.url}${"url" in nats ? ` NATS_URL=${nats.url}` : ""}
export PATH=$PWD/bin:$PATH
export NATS_STS_TOKEN=$(curl -sS -u worker:worker-secret -d grant_type=client_credentials \\
  -d scope=orders.read -d resource=urn:audience:${provider.audience} ${provider.issuer}/token | cut -d'"' -f4)
nats-sts fetch --url $URL --out my.creds
nats-sts journal tail data/journal --follow`);
  if ("url" in nats) {
    stage.say("With the nats program (github.com/nats-io/natscli):");
    stage.typed(`nats --server $NATS_URL --creds my.creds sub 'orders.done.*'`);
  }
  stage.say(`${service.url}/docs has the API to read. Ctrl-C ends it all and removes ${dir}.`);
  await Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
}

async function main(): Promise<void> {
  const undo: (() => unknown)[] = [];
  try {
    const parts = await startParts({ after: (fn) => undo.unshift(fn) });
    cast(parts);
    for (const scene of STORY) await act(scene, parts);
    const kept = process.argv.includes("--keep");
    if (kept) await keep(parts);
    const more = kept ? "" : "; npm run demo -- --keep leaves it running";
    stage.title(`Done. Everything is stopped and removed${more}.`);
  } finally {
    for (const fn of undo) await fn();
  }
}

await main();
