import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { PROJECT } from "../test/support/project.ts";
import { type Parts, startParts } from "./parts.ts";
import { useOnServer } from "./server-scenes.ts";
import { must, shell, short, stage } from "./stage.ts";

/** The curl line of the README: what is shown there is what runs here. */
async function exchangeScript(): Promise<string> {
  const readme = await readFile(join(PROJECT, "README.md"), "utf8");
  const block = readme.split("```sh\n").find((text) => text.includes("--fail-with-body"));
  must(block, "a curl line in README.md");
  return block.split("```")[0] ?? "";
}

async function getToken(
  { provider }: Parts,
  client: string,
  audience = provider.audience,
): Promise<string> {
  const line = `curl -sS -u ${client}:$SECRET -d grant_type=client_credentials -d scope=orders.read \\
  -d resource=urn:audience:${audience} ${provider.issuer}/token`;
  stage.typed(line);
  const token = await provider.token({ client, audience });
  stage.came(
    `{"access_token":"${short(token, 24)}","token_type":"Bearer","scope":"orders.read",…}`,
  );
  return token;
}

async function scenes(parts: Parts): Promise<void> {
  const { dir, provider, service, nats } = parts;
  const script = await exchangeScript();
  const exchange = (token: string) => shell(script, dir, { TOKEN: token, URL: service.url });

  stage.title("The parts");
  stage.say(`OpenID provider  ${provider.issuer}  (oidc-provider)`);
  if ("url" in nats)
    stage.say(`nats-server      ${nats.url}  (${nats.version}, operator mode, account ORDERS)`);
  else stage.missing(`no nats-server: ${nats.missing}`);
  stage.say(`nats-sts         ${service.url}  (policy: demo/policy.yaml)`);

  stage.title("1. A service gets an access token, as it does for any API");
  const token = await getToken(parts, "worker");

  stage.title("2. The token becomes a creds file");
  stage.typed(script);
  const done = await exchange(token);
  must(done.code === 0, `an exchange that succeeds: ${done.stderr}`);
  const creds = await readFile(join(dir, "app.creds"), "utf8");
  stage.typed("head -n 4 app.creds");
  stage.came(
    creds
      .split("\n")
      .slice(0, 4)
      .map((line) => short(line, 72))
      .join("\n"),
  );
  stage.good(
    "signed by the account's signing key; the seed below it has never been on a disk of the service",
  );

  stage.title("3. The server enforces the policy");
  if ("url" in nats) await useOnServer(parts, nats.url, creds);
  else stage.missing("not shown: publish, refusal and request on a server, for want of one");

  stage.title("4. A token for somebody else is refused, and the old file stays");
  const foreign = await getToken(parts, "worker", "another-service");
  const refused = await exchange(foreign);
  stage.came(refused.stderr);
  must(
    refused.code === 1 && refused.stderr.includes("token_audience_mismatch"),
    "a refusal by audience",
  );
  must((await readFile(join(dir, "app.creds"), "utf8")) === creds, "the old file");
  stage.refused("exit code 1: the token says aud another-service; app.creds is as it was");

  stage.title("5. What the caller is not told, the operator finds in the journal");
  const stranger = await provider.token({ client: "stranger", scope: "" });
  const { json } = await service.ask(stranger);
  must(json.code === "no_rule_matched", "a stranger who is refused");
  stage.came(JSON.stringify({ status: json.status, code: json.code, request_id: json.request_id }));
  stage.typed(`grep ${json.request_id} journal/main/*.jsonl`);
  const event = (await service.journal()).find(
    (each) => "request_id" in each && each.request_id === json.request_id,
  );
  must(event?.type === "credential.refused", "the refusal in the journal");
  stage.came(
    JSON.stringify({ code: event.code, identity: event.identity, trace: event.trace }, null, 1),
  );

  stage.title("6. The journal is whole");
  const verify = await shell(
    `"${process.execPath}" "${join(PROJECT, "dist/src/main.js")}" journal verify journal`,
    dir,
    {},
  );
  stage.typed("nats-sts journal verify journal");
  stage.came(verify.stdout + verify.stderr);
  must(verify.code === 0, "a journal that verifies");
}

/** Ends what was started, last first, whatever happened. */
async function main(): Promise<void> {
  const undo: (() => unknown)[] = [];
  try {
    await scenes(await startParts({ after: (fn) => undo.unshift(fn) }));
    stage.title("Done. Everything is stopped and removed.");
  } finally {
    for (const fn of undo) await fn();
  }
}

await main();
