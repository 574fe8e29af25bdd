import assert from "node:assert/strict";
import { rm, writeFile } from "node:fs/promises";
import { test } from "node:test";
import { runProgram } from "../cli/support.ts";
import {
  assertVerifies,
  CONFIG,
  eventually,
  metric,
  outcomeOf,
  POLICY,
  serving,
  unready,
} from "./callers.ts";

const LIMIT = { timeout: 120_000 };

/** What may stand in the place of a policy, by accident. */
const BROKEN = {
  "is gone": undefined,
  "is empty": "",
  "is cut off": POLICY.slice(0, -20),
  "is no text": Buffer.from([0xff, 0xfe, 0x00, 0x80]),
  "has a fault": POLICY.replace("ORDERS", "NO-SUCH-ACCOUNT"),
};

for (const [what, text] of Object.entries(BROKEN)) {
  test(
    `a policy that ${what} while serving is refused, by itself and on SIGHUP; the last good one stays`,
    LIMIT,
    async (t) => {
      const config = { ...CONFIG, reload_every: "1s" };
      const { options, service, token } = await serving(t, undefined, { config });
      const refused = () => metric(service, 'reload_total{result="refused"}');
      if (text === undefined) await rm(service.policy_file);
      else await writeFile(service.policy_file, text);
      await eventually(refused, (count) => count >= 1);
      const before = await refused();
      service.child.kill("SIGHUP");
      await eventually(refused, (count) => count > before);
      assert.equal(outcomeOf(await service.ask(token)), "issued");
      assert.deepEqual(await unready(service), []);
      assert.ok(service.logs().some((line) => line.includes("reload refused")));

      const start = await runProgram(t, ["check", "--config", service.config_file]);
      assert.equal(start.code, 1, "a start with it is refused");

      await writeFile(service.policy_file, POLICY.replace("orders.>", "orders.new"));
      await eventually(
        async () => (await service.ask(token)).json.subscribe,
        (subscribe) => subscribe.includes("orders.new"),
      );
      await assertVerifies(t, options.dir);
      assert.equal(await service.stop(), 0);
    },
  );
}
