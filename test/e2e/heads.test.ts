import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import { test } from "node:test";
import { readKeptHeads, type SignedHead, verifyJournal } from "../../src/journal/index.ts";
import { startProvider } from "../support/provider.ts";
import { EVERYONE, makeAccount, makeDir, startService } from "../support/service.ts";

test("a service tells the head of its journal to its log, a file and a sink, and they agree", async (t) => {
  const taken: SignedHead[] = [];
  const sink = createServer(async (request, response) => {
    taken.push((await json(request)) as SignedHead); // checked against the file below
    response.writeHead(taken.length === 1 ? 500 : 204).end();
  });
  await new Promise<void>((resolve) => sink.listen(0, "127.0.0.1", resolve));
  t.after(() => sink.close());
  const { port } = sink.address() as AddressInfo; // it listens on TCP
  const provider = await startProvider(t, { alg: "ES256" });
  const accounts = [await makeAccount(await makeDir(t))];
  const heads = { file: "heads.jsonl", url: `http://127.0.0.1:${port}/heads` };
  const config = { journal: { dir: "journal", heads } };
  const service = await startService(t, { provider, policy: EVERYONE, accounts, config });
  assert.equal((await service.ask(await provider.token())).status, 200);
  assert.equal(await service.stop(), 0);

  const file = join(service.dir, "heads.jsonl");
  const kept = await readKeptHeads(file);
  const in_file = (kept.writers.get("main") ?? []).map(({ head }) => head);
  const log = service.logs().map((line) => JSON.parse(line));
  const in_log = log.filter(({ msg }) => msg === "journal head");
  assert.deepEqual(taken, in_file);
  assert.deepEqual(
    in_log.map(({ seq, sig, level }) => [seq, sig, level]),
    in_file.map(({ seq, sig }) => [seq, sig, 30]),
  );
  const [failed] = log.filter(({ msg }) => msg === "a journal head could not be sent");
  assert.deepEqual(
    [failed.to, failed.reason, failed.failures, failed.level],
    ["url", "HTTP_500", 1, 50],
  );
  const [report] = await verifyJournal(join(service.dir, "journal"), kept);
  assert.deepEqual(report?.faults, []);
  assert.equal(report?.heads?.newest?.seq, report?.last_seq);
});
