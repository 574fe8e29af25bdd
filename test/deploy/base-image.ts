import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { run, type Scope } from "../support/project.ts";

/** Programs that the Dockerfile needs of its base, beside Node itself. */
const PROGRAMS = ["/bin/sh", "/usr/bin/env", "/bin/mkdir", "/usr/bin/prlimit"];

/** Where npm and the resolver find the network of this machine; those that it has are copied. */
const SETTINGS = [
  ...["/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/npmrc", "/usr/etc/npmrc"],
  ...["/etc/ssl/certs/ca-certificates.crt", "/root/.npmrc"],
];

/** A buildah that works without an engine, without root's storage and without namespaces. */
export interface Buildah {
  (args: readonly string[], limit_ms: number): Promise<string>;
  /** Where its images are. */
  readonly root: string;
}

/** Undefined where there is no buildah, or where it cannot work. */
export async function findBuildah(scope: Scope): Promise<Buildah | undefined> {
  const root = await mkdtemp(join(tmpdir(), "nats-sts-buildah-"));
  // A home of its own: settings of this machine's user should not decide what is built.
  const settings = join(root, ".config/containers");
  await mkdir(settings, { recursive: true });
  const policy = JSON.stringify({ default: [{ type: "insecureAcceptAnything" }] });
  await writeFile(join(settings, "policy.json"), policy);
  const env = { BUILDAH_ISOLATION: "chroot", HOME: root };
  // Copies in place of mounts: what a test that was killed leaves behind is then only files.
  const storage = [
    "--storage-driver",
    "vfs",
    "--root",
    join(root, "root"),
    "--runroot",
    join(root, "run"),
  ];
  const buildah = (args: readonly string[], limit_ms: number) =>
    run("buildah", [...storage, ...args], { limit_ms, env });
  scope.after(async () => {
    await buildah(["rm", "--all"], 60_000).catch(() => {});
    await rm(root, { recursive: true, force: true });
  });
  try {
    await buildah(["from", "--name", "probe", "scratch"], 30_000);
    return Object.assign(buildah, { root });
  } catch {
    return undefined;
  }
}

/** A base image of this machine's own Node and npm, with the libraries that they load. */
export async function makeBase(buildah: Buildah, name: string): Promise<void> {
  const tree = join(buildah.root, "base");
  const npm = dirname(dirname(await npmCli()));
  for (const program of [process.execPath, ...PROGRAMS]) await place(program, tree);
  const node = join(tree, "usr/local/bin/node");
  await mkdir(dirname(node), { recursive: true });
  if (process.execPath !== "/usr/local/bin/node") await symlink(process.execPath, node);
  await cp(npm, join(tree, "opt/npm"), { recursive: true, dereference: true });
  await symlink("/opt/npm/bin/npm-cli.js", join(tree, "usr/local/bin/npm"));
  for (const file of SETTINGS) await place(file, tree).catch(() => {});
  await mkdir(join(tree, "tmp"), { mode: 0o1777 });
  await mkdir(join(tree, "root"), { recursive: true });

  await buildah(["from", "--name", "base", "scratch"], 30_000);
  await buildah(["copy", "--quiet", "base", tree, "/"], 120_000);
  const path = "PATH=/usr/local/bin:/usr/bin:/bin";
  await buildah(["config", "--env", path, "base"], 30_000);
  await buildah(["commit", "--quiet", "base", name], 120_000);
  await rm(tree, { recursive: true, force: true });
}

/** A file at its own place, and what the loader says it needs. */
async function place(file: string, tree: string): Promise<void> {
  await mkdir(dirname(join(tree, file)), { recursive: true });
  await cp(file, join(tree, file), { dereference: true });
  const said = await run("ldd", [file], { limit_ms: 10_000 }).catch(() => "");
  for (const [library] of said.matchAll(/\/\S+\.so\S*/g)) {
    await mkdir(dirname(join(tree, library)), { recursive: true });
    await cp(library, join(tree, library), { dereference: true });
  }
}

/** The npm that belongs to this Node. */
async function npmCli(): Promise<string> {
  const root = (await run("npm", ["root", "--global"], { limit_ms: 20_000 })).trim();
  const cli = join(root, "npm/bin/npm-cli.js");
  await readFile(cli); // or say here that it is elsewhere
  return cli;
}
