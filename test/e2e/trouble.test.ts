import assert from "node:assert/strict";
import { rename } from "node:fs/promises";
import { join } from "node:path";
import { after, test } from "node:test";
import { openJournal } from "../../src/journal/index.ts";
import { doorsOf } from "../http/doors.ts";
import { options } from "../journal/support.ts";
import { startProvider } from "../support/provider.ts";
import { EVERYONE, makeAccount, makeDir, type Service, startService } from "../support/service.ts";

const provider = await startProvider({ after }, { alg: "ES256" });

/** At both doors nothing is given, with this code and a time to come back. */
async function assertNothingGiven(service: Service, code: string): Promise<void> {
  for (const door of Object.values(doorsOf(service))) {
    const { status, json, headers } = await door.ask(await provider.token());
    assert.deepEqual([status, json.code], [503, code], door.path);
    assert.ok(Number(headers.get("retry-after")) > 0);
  }
}

test("while the journal's folder is gone nothing is given, and with it all is well again", async (t) => {
  const dir = await makeDir(t);
  const accounts = [await makeAccount(dir)];
  const service = await startService(t, { provider, policy: EVERYONE, accounts, dir });
  const folder = join(dir, "journal", "main");
  await rename(folder, `${folder}-away`);
  await assertNothingGiven(service, "journal_unavailable");
  assert.equal((await service.request("/readyz")).status, 503);
  await rename(`${folder}-away`, folder);
  assert.equal((await service.ask(await provider.token())).status, 200);
});

test("while the clock stands before what is in the journal nothing is given", async (t) => {
  const dir = await makeDir(t);
  const accounts = [await makeAccount(dir)];
  const hour_ms = 3_600_000;
  const ahead = options(join(dir, "journal"), { now: () => Date.now() + hour_ms });
  await (await openJournal(ahead)).close(); // its first segment says when it was begun
  const service = await startService(t, { provider, policy: EVERYONE, accounts, dir });
  await assertNothingGiven(service, "clock_unreliable");
});

test("a credential lives from when it is decided, however long the keys of the issuer were waited for", async (t) => {
  const slow = await startProvider(t, { alg: "ES256" });
  const accounts = [await makeAccount(await makeDir(t))];
  const service = await startService(t, { provider: slow, policy: EVERYONE, accounts });
  const token = await slow.token();
  let asked_ms = 0;
  slow.intercept(() => {
    const later = performance.now() + 1_100;
    asked_ms ||= Date.now();
    while (performance.now() < later); // Nobody else is served meanwhile, and nobody else is there.
    return false;
  });
  const { status, json } = await service.ask(token, { ttl_s: 5 });
  assert.equal(status, 200);
  assert.ok(json.issued_at * 1000 > asked_ms + 1_000, "whole seconds, of two at least");
  assert.equal(json.expires_at - json.issued_at, 5);
});
