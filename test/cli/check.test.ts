import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmod, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { createUser } from "@nats-io/nkeys";
import { makeDir } from "../support/service.ts";
import { goodConfig, POLICY, runHere, runProgram } from "./support.ts";

test("a configuration without faults is told in one line", async (t) => {
  const { file } = await goodConfig(t);
  const { code, out, err } = await runHere(["check", "--config", file]);
  assert.deepEqual([code, err], [0, ""]);
  assert.match(out, /^\/.*\/nats-sts\.yaml: ok \(1 issuer, 1 account, policy [0-9a-f]{16}\)$/);
});

test("the configuration is named by option, by environment, or lies in the working directory", async (t) => {
  const { dir, file } = await goodConfig(t);
  const env = { NATS_STS_CONFIG: file };
  assert.equal((await runHere(["check", "-c", "nats-sts.yaml"], { cwd: dir })).code, 0);
  assert.equal((await runHere(["check"], { cwd: dir })).code, 0);
  assert.equal((await runHere(["check"], { env })).code, 0);
  assert.equal((await runHere(["check", "--config", "none"], { env })).code, 1);
  assert.equal((await runProgram(t, ["check"], { env })).code, 0);
  assert.equal(
    (await runProgram(t, ["check"], { cwd: dir, env: { NATS_STS_CONFIG: "" } })).code,
    0,
  );
});

test("a configuration that cannot be read says how to name one, and is never waited for", async (t) => {
  const dir = await makeDir(t);
  execFileSync("mkfifo", [join(dir, "pipe")]);
  const hint = "name the configuration with --config or NATS_STS_CONFIG";
  const table = {
    "none.yaml": `${dir}/none.yaml:1:1: cannot be read (ENOENT): ${hint}, or make one: nats-sts init`,
    pipe: `${dir}/pipe:1:1: is not a file: ${hint}`,
    ".": `${dir}:1:1: is not a file: ${hint}`,
    "": `${dir}:1:1: is not a file: ${hint}`,
  };
  for (const [name, said] of Object.entries(table)) {
    const { code, out, err } = await runHere(["check", `--config=${name}`], { cwd: dir });
    assert.deepEqual([code, out, err], [1, "", `${said}\n1 fault`]);
  }
});

test("faults of configuration, environment, keys and policy are listed together and counted", async (t) => {
  const { dir, file } = await goodConfig(t);
  const key = join(dir, "ORDERS.nk");
  await writeFile(key, createUser().getSeed(), { mode: 0o600 });
  const config = JSON.parse(await readFile(file, "utf8"));
  await writeFile(
    file,
    JSON.stringify(
      { max_tll: "1h", ...config, default_ttl: "2h", limits: { rate_keys: 0 } },
      null,
      1,
    ),
  );
  await writeFile(
    join(dir, "policy.yaml"),
    POLICY.replace("issuer: corp", "issuer: crop").replace("[orders.>]", '["orders..x"]'),
  );
  const env = { NATS_STS_LOG_LEVEL: "loud" };
  const { code, out, err } = await runHere(["check", "--config", file], { env });
  assert.deepEqual([code, out], [1, ""]);
  const lines = err.split("\n");
  assert.equal(lines.pop(), "7 faults", err);
  const found = lines.map((line) => line.replaceAll(`${dir}/`, ""));
  const expected = [
    /^NATS_STS_LOG_LEVEL:1:1: must be one of fatal, /,
    /^nats-sts\.yaml:2:2: unknown key "max_tll": did you mean "max_ttl"\?$/,
    /^nats-sts\.yaml:\d+:\d+: ORDERS\.nk holds a user key, which cannot sign credentials/,
    /^nats-sts\.yaml:\d+:3: must be a whole number from 1 to 10000000$/,
    /^nats-sts\.yaml:\d+:2: default_ttl \(2h\) must not be longer than max_ttl \(1h\)$/,
    /^policy\.yaml:3:\d+: .*crop/,
    /^policy\.yaml:3:\d+: /,
  ];
  assert.equal(found.length, expected.length, err);
  for (const [i, line] of expected.entries()) assert.match(found[i] ?? "", line);
});

test("a policy that is not there, or is a pipe, is a fault of the line that names it", async (t) => {
  const { dir, file } = await goodConfig(t);
  const policy = join(dir, "policy.yaml");
  await rm(policy);
  const absent = await runHere(["check", "--config", file]);
  assert.equal(absent.code, 1);
  assert.ok(absent.err.includes(`: ${policy} cannot be read (ENOENT)`), absent.err);
  assert.match(absent.err, /nats-sts\.yaml:\d+:3: /);
  execFileSync("mkfifo", [policy]);
  const pipe = await runHere(["check", "--config", file]);
  assert.ok(pipe.err.includes(`: ${policy} is not a file`), pipe.err);
});

test("a key that others may read is a fault, and the seed is in no output", async (t) => {
  const { dir, file } = await goodConfig(t);
  const key = join(dir, "ORDERS.nk");
  await chmod(key, 0o644);
  const seed = await readFile(key, "utf8");
  const { code, out, err } = await runProgram(t, ["check", "--config", file]);
  assert.equal(code, 1);
  assert.match(err, /ORDERS\.nk is open to everyone \(mode 0644\): chmod 0600\n1 fault\n$/);
  assert.ok(!`${out}${err}`.includes(seed.slice(4, 54)));
});

test("bytes that are not UTF-8 are refused in the configuration and in the policy", async (t) => {
  const { dir, file } = await goodConfig(t);
  await writeFile(join(dir, "policy.yaml"), Buffer.from(`${POLICY}# \u00ff\n`, "latin1"));
  const policy = await runHere(["check", "--config", file]);
  assert.match(policy.err, /policy\.yaml:4:\d+: is not UTF-8\n1 fault$/);
  await writeFile(file, Buffer.from("# \u00ff\n", "latin1"));
  const config = await runHere(["check", "--config", file]);
  assert.match(config.err, /nats-sts\.yaml:1:3: is not UTF-8\n1 fault$/);
});

test("a journal in which no lock would find room is a fault before it is opened", async (t) => {
  const { file } = await goodConfig(t);
  const config = JSON.parse(await readFile(file, "utf8"));
  await writeFile(file, JSON.stringify({ ...config, journal: { dir: "x".repeat(100) } }));
  const { code, err } = await runHere(["check", "--config", file]);
  assert.equal(code, 1);
  assert.match(
    err,
    /^\S+:1:\d+: with the writer and its lock is over 100 bytes, .*shorter journal dir$/m,
  );
});

test("checking writes nothing: no journal is made", async (t) => {
  const { dir, file } = await goodConfig(t);
  await runHere(["check", "--config", file]);
  await assert.rejects(readFile(join(dir, "journal")), { code: "ENOENT" });
});
