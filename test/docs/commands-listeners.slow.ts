import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { freePort, programIn } from "../../demo/parts.ts";
import { shell } from "../../demo/stage.ts";
import type { Scope } from "../support/project.ts";
import { startProvider } from "../support/provider.ts";
import { EVERYONE, makeAccount, makeDir, startService } from "../support/service.ts";
import { commandBlocks } from "./blocks.ts";

const blocks = await commandBlocks();

function marked(mark: string): string {
  const block = blocks.find((each) => each.mark === mark);
  assert.ok(block, `no block is marked: ${mark}`);
  return block.script;
}

async function programPath(t: Scope): Promise<string> {
  const bin = join(await makeDir(t), "bin");
  await programIn(bin);
  return `${bin}:${process.env["PATH"]}`;
}

async function succeeds(script: string, dir: string, env: Record<string, string>): Promise<string> {
  const { code, stdout, stderr } = await shell(`set -e\n${script}`, dir, env);
  assert.equal(code, 0, `${stdout}\n${stderr}`);
  return stdout;
}

test("a certificate as the page makes it is one that the service listens with, and all who are asked to trust it do", async (t) => {
  const dir = await makeDir(t);
  const PATH = await programPath(t);
  await succeeds(marked("run: tls 1"), dir, { PATH });
  const provider = await startProvider(t, { alg: "ES256" });
  const tls = { cert_file: "./tls.crt", key_file: "./tls.key" };
  const host = `localhost:${await freePort()}`;
  const config = { tls, listen: host, public_url: `https://${host}` };
  const accounts = [await makeAccount(dir)];
  await startService(t, { provider, policy: EVERYONE, accounts, dir, config });
  const script = marked("run: tls 2").replaceAll("localhost:8080", host);
  await succeeds(script, dir, { NATS_STS_TOKEN: await provider.token(), PATH });
});

test("whoever administers reads the journal as the page says", async (t) => {
  const provider = await startProvider(t, { alg: "ES256" });
  const policy = `version: 1
admin_roles: { oncall: { accounts: [ORDERS], can: [journal] } }
rules: [{ name: on call, issuer: corp, claims: { groups: { has: on-call } }, admin: [oncall] }]
`;
  const dir = await makeDir(t);
  const options = { provider, policy, accounts: [await makeAccount(dir)] };
  const config = { admin_audience: "nats-sts-admin" };
  const service = await startService(t, { ...options, config });
  assert.equal((await service.ask(await provider.token())).json.code, "no_rule_matched");
  const payload = { aud: "nats-sts-admin", groups: ["on-call"] };
  const ADMIN_TOKEN = await provider.forge({ payload });
  const script = marked("run: admin").replaceAll("http://127.0.0.1:9090", service.admin_url ?? "");
  const said = JSON.parse(await succeeds(script, dir, { ADMIN_TOKEN }));
  assert.deepEqual(
    said.events.map(({ code }: { code: string }) => code),
    ["no_rule_matched"],
  );
});
