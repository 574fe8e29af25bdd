import assert from "node:assert/strict";
import { mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { gitRevision, isRevision } from "../../src/config/index.ts";
import { packedRef } from "../../src/config/revision.ts";
import { run, type Scope } from "../support/project.ts";
import { makeDir } from "../support/service.ts";

const [A, B] = ["a".repeat(40), "b".repeat(40)] as const;

/** Runs the real git, with nothing of the machine's own configuration. */
const gitIn =
  (cwd: string) =>
  async (...args: string[]) =>
    (
      await run("git", ["-c", "user.name=t", "-c", "user.email=t@t.test", ...args], {
        ...{ cwd, limit_ms: 20_000 },
        env: { GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_SYSTEM: "/dev/null" },
      })
    ).trim();

/** A repository with one commit, in which there is `sub/policy.yaml`. */
async function repository(t: Scope) {
  const dir = await makeDir(t);
  const git = gitIn(dir);
  await mkdir(join(dir, "sub"));
  const file = join(dir, "sub", "policy.yaml");
  await writeFile(file, "version: 1\n");
  await git("init", "-q", "-b", "main");
  await git("add", ".");
  await git("commit", "-q", "-m", "one");
  return { dir, git, file, head: () => git("rev-parse", "HEAD") };
}

test("the commit that is checked out is told, loose, packed or detached", async (t) => {
  const { git, file, head } = await repository(t);
  const first = await head();
  assert.match(first, /^[0-9a-f]{40}$/);
  assert.equal(await gitRevision(file), first);
  await git("pack-refs", "--all");
  assert.equal(await gitRevision(file), first);
  await git("commit", "-q", "--allow-empty", "-m", "two"); // loose again, and stale in packed-refs
  assert.equal(await gitRevision(file), await head());
  assert.notEqual(await head(), first);
  await git("checkout", "-q", "--detach", first);
  assert.equal(await gitRevision(file), first);
});

test("a worktree has its own commit, also where links lead to it, as git-sync makes them", async (t) => {
  const { dir, git, file } = await repository(t);
  const trees = await makeDir(t);
  await git("worktree", "add", "-q", "-b", "next", join(trees, "one"));
  const inTree = gitIn(join(trees, "one"));
  await inTree("commit", "-q", "--allow-empty", "-m", "next");
  await symlink("one", join(trees, "link"));
  const linked = join(trees, "link", "sub", "policy.yaml");
  assert.equal(await gitRevision(linked), await inTree("rev-parse", "HEAD"));
  assert.notEqual(await gitRevision(linked), await gitRevision(file));
  await inTree("pack-refs", "--all");
  assert.equal(await gitRevision(linked), await inTree("rev-parse", "HEAD"));
  await rm(join(dir, ".git"), { recursive: true });
  assert.equal(await gitRevision(linked), undefined);
});

test("where nobody keeps the file in git, or git's files say nothing, there is no revision", async (t) => {
  const dir = await makeDir(t);
  const file = join(dir, "policy.yaml");
  assert.equal(await gitRevision(file), undefined); // there is no such file
  await writeFile(file, "version: 1\n");
  assert.equal(await gitRevision(file), undefined);
  const git = async (files: Readonly<Record<string, string>>) => {
    await rm(join(dir, ".git"), { recursive: true, force: true });
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(dir, name)), { recursive: true });
      await writeFile(join(dir, name), text);
    }
    return gitRevision(file);
  };
  const ref = "ref: refs/heads/main\n";
  assert.equal(await git({ ".git/HEAD": ref, ".git/refs/heads/main": `${A}\n` }), A);
  for (const files of [
    { ".git": "gitdir: nowhere\n" },
    { ".git": "what\n" },
    { ".git/HEAD": "" },
    { ".git/HEAD": ref },
    { ".git/HEAD": `${A}x\n` },
    { ".git/HEAD": `${A}\n${A}\n` },
    { ".git/HEAD": ref, ".git/refs/heads/main": "x".repeat(40) },
    { ".git/HEAD": ref, ".git/refs/heads/main": ref }, // leads to itself
    { ".git/HEAD": "ref: refs/../secret\n", ".git/secret": `${A}\n` },
    { ".git/HEAD": "ref: ../secret\n", secret: `${A}\n` },
    { ".git/HEAD": ref, ".git/refs/heads/main": " ".repeat(5_000) + A },
  ])
    assert.equal(await git(files), undefined, JSON.stringify(files).slice(0, 100));
});

test("a packed ref is found by its whole name", () => {
  const text = `# pack-refs with: peeled fully-peeled sorted \n${A} refs/heads/main\n${B} refs/tags/v1\n^${A}\n`;
  assert.equal(packedRef(text, "refs/heads/main"), A);
  assert.equal(packedRef(text, "refs/tags/v1"), B);
  for (const ref of ["main", "refs/heads/mai", "heads/main", "refs/tags/v"])
    assert.equal(packedRef(text, ref), undefined, ref);
});

test("a revision that somebody wrote down is one short word", () => {
  for (const text of ["v1.2", A, "main@sha1:abc", "2030-01-01"]) assert.ok(isRevision(text), text);
  for (const text of ["", "a b", "a\n", "-x", '"', "x".repeat(129)])
    assert.ok(!isRevision(text), text);
});
