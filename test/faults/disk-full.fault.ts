import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { runProgram } from "../cli/support.ts";
import { type Service, startService } from "../support/service.ts";
import {
  askUntil,
  assertRecorded,
  assertVerifies,
  eventually,
  metric,
  outcomeOf,
  serving,
  situation,
  unready,
} from "./callers.ts";
import { smallDisk } from "./small-disk.ts";

const LIMIT = { timeout: 120_000 };

/** A service whose journal has a file system of its own, and all that it ever issued. */
async function onSmallDisk(t: TestContext) {
  const disk = await smallDisk(t);
  const { options, service, token, provider } = await serving(t, disk.dir);
  const received: string[] = [];
  const ask = async (from: Service = service) => {
    const answer = await from.ask(token);
    if (answer.status === 200) received.push(answer.json.id);
    return outcomeOf(answer);
  };
  return { disk, options, service, provider, received, ask };
}

/** The last page of a file has room for some more lines: full is full only after those. */
const untilFull = (ask: () => Promise<string>) =>
  eventually(ask, (outcome) => outcome === "journal_unavailable");

test(
  "while the disk is full nothing is issued and it says why; with space again it goes on by itself",
  LIMIT,
  async (t) => {
    const { disk, service, received, ask } = await onSmallDisk(t);
    assert.equal(await ask(), "issued");
    await disk.fill();
    await untilFull(ask);
    assert.deepEqual(
      await eventually(
        () => ask().then(() => unready(service)),
        (failed) => failed.length > 0,
      ),
      ["journal"],
    );
    assert.equal((await service.request("/healthz")).status, 200);
    for (let i = 0; i < 20; i++) assert.equal(await ask(), "journal_unavailable");
    assert.ok((await metric(service, 'journal_errors_total{kind="write_failed"}')) >= 20);
    const said = service.logs().filter((line) => line.includes("ENOSPC"));
    assert.ok(said.some((line) => line.includes("the journal cannot be written")));

    await disk.free();
    assert.deepEqual(await unready(service), []);
    assert.ok(service.logs().some((line) => line.includes("the journal can be written again")));
    for (let i = 0; i < 20; i++) assert.equal(await ask(), "issued");
    await assertRecorded(disk.dir, received);
    await assertVerifies(t, disk.dir);
    assert.equal(await service.stop(), 0);
    await assertVerifies(t, disk.dir);
  },
);

test(
  "a disk that fills up and empties again and again under load loses nothing and invents nothing",
  LIMIT,
  async (t) => {
    const { disk, service, received, ask } = await onSmallDisk(t);
    for (let round = 0; round < 3; round++) {
      let refused = 0;
      await disk.fill(100_000);
      await askUntil(
        20,
        () => refused >= 200,
        async () => {
          if ((await ask()) !== "issued") refused++;
        },
      );
      await disk.free();
      assert.equal(await ask(), "issued");
    }
    await assertRecorded(disk.dir, received);
    await assertVerifies(t, disk.dir);
    assert.equal(await service.stop(), 0);
  },
);

test(
  "a service that is stopped on a full disk ends in order, and one that is started there says what is wrong",
  LIMIT,
  async (t) => {
    const { disk, options, service, received, ask } = await onSmallDisk(t);
    assert.equal(await ask(), "issued");
    await disk.fill();
    await untilFull(ask);
    assert.equal(await service.stop(), 0);

    const again = await runProgram(t, ["serve", "--config", service.config_file]);
    assert.equal(again.code, 1, again.err);
    assert.match(again.err, /nats-sts: the journal cannot be written \(.*ENOSPC.*\): make room/);
    assert.ok(!again.err.includes("    at "), again.err);

    await disk.free();
    const restarted = await startService(t, options);
    assert.equal(await ask(restarted), "issued");
    await assertRecorded(disk.dir, received);
    await assertVerifies(t, disk.dir);
  },
);

test(
  "a first start on a full disk says what is wrong, and leaves nothing that a later start stumbles over",
  LIMIT,
  async (t) => {
    const disk = await smallDisk(t);
    const { provider, options } = await situation(t, disk.dir);
    await disk.fill();
    const config = join(disk.dir, "nats-sts.yaml");
    await assert.rejects(startService(t, options), /ended with 1/);
    const again = await runProgram(t, ["serve", "--config", config]);
    assert.equal(again.code, 1, again.err);
    assert.match(again.err, /nats-sts: The journal in .* cannot be used \(.*ENOSPC.*\): make room/);
    assert.ok(!again.err.includes("    at "), again.err);

    await disk.free();
    const service = await startService(t, options);
    const answer = await service.ask(await provider.token());
    assert.equal(outcomeOf(answer), "issued");
    await assertVerifies(t, disk.dir);
  },
);
