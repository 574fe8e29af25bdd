import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { COMMANDS } from "../../src/cli/index.ts";
import { parseConfig, seconds } from "../../src/config/index.ts";
import { PROJECT } from "../support/project.ts";

const text = await readFile(join(PROJECT, "deploy/nats-sts.service"), "utf8");
const settings = text.split("\n").flatMap((line) => {
  const [, name = "", value = ""] = /^([A-Za-z]+)=(.*)$/.exec(line) ?? [];
  return name === "" ? [] : [{ name, value }];
});
const of = (name: string) =>
  settings.filter((each) => each.name === name).map(({ value }) => value);

const DEFAULTS = `{issuers: [{name: a, url: "https://a.test", preset: generic, audience: a}],
  policy: p, journal: stdout, accounts: [{name: A, public_key: A${"A".repeat(55)}, signing_keys: [{file: k}]}]}`;

test("the systemd unit starts, checks and reloads with commands that there are", () => {
  for (const line of [...of("ExecStart"), ...of("ExecStartPre")]) {
    const [program, name, option] = line.split(" ");
    assert.equal(program, "/usr/local/bin/nats-sts");
    const command = COMMANDS.find((each) => each.name === name);
    assert.ok(command && option === "--config" && "config" in command.options, line);
  }
  assert.deepEqual(of("ExecReload"), ["/bin/kill -HUP $MAINPID"]);
});

test("it leaves the service the time to end by itself", () => {
  const { limits } = parseConfig(DEFAULTS, "/c.yaml").config;
  const [stop = ""] = of("TimeoutStopSec");
  assert.ok(seconds(stop) > limits.shutdown_delay_s + limits.shutdown_grace_s);
});

test("it writes no core dump, and takes from the process what it does not need", () => {
  for (const [name, value] of [
    ["LimitCORE", "0"],
    ["NoNewPrivileges", "true"],
    ["ProtectSystem", "strict"],
    ["CapabilityBoundingSet", ""],
  ] as const)
    assert.deepEqual(of(name), [value], name);
  // A process that cannot make memory executable cannot run V8.
  assert.deepEqual(of("MemoryDenyWriteExecute"), []);
});
