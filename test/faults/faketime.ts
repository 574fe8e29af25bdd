import { existsSync } from "node:fs";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fillCache, run, type Scope } from "../support/project.ts";
import { makeDir } from "../support/service.ts";

const DOWNLOAD_LIMIT_MS = 120_000;
const NAME = "libfaketime.so.1";

/** A clock that a process has in place of the real one. Timers run as ever. */
export interface Clock {
  /** The environment of the process. */
  readonly env: Readonly<Record<string, string>>;
  /** Sets it so many seconds from the real time. */
  set(offset_s: number): Promise<void>;
}

/** The clock of a process, to be set while it runs. */
export async function movableClock(scope: Scope): Promise<Clock> {
  const file = join(await makeDir(scope), "offset");
  const set = (offset_s: number) =>
    writeFile(file, offset_s < 0 ? `${offset_s}s\n` : `+${offset_s}s\n`);
  await set(0);
  const env = {
    ...(await clockOfItsOwn()),
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_NO_CACHE: "1",
  };
  return { env, set };
}

/** The environment in which a clock runs so many times as fast. */
export async function fastClock(times: number): Promise<Readonly<Record<string, string>>> {
  return { ...(await clockOfItsOwn()), FAKETIME: `+0 x${times}` };
}

async function clockOfItsOwn() {
  return { LD_PRELOAD: await library(), FAKETIME_DONT_FAKE_MONOTONIC: "1" };
}

/** libfaketime as the system has it, or from the Debian package, which is kept in the cache folder. */
export async function library(): Promise<string> {
  const installed = await below("/usr/lib");
  if (installed) return installed;
  const kept = await fillCache(
    `libfaketime-${process.platform}-${process.arch}`,
    async (folder) => {
      const limits = { limit_ms: DOWNLOAD_LIMIT_MS, cwd: folder };
      try {
        const download = () => run("apt-get", ["download", "libfaketime"], limits);
        // A new machine may not know yet which packages there are.
        await download().catch(() => run("apt-get", ["update"], limits).then(download));
        const [file = ""] = (await readdir(folder)).filter((name) => name.endsWith(".deb"));
        await mkdir(join(folder, "usr"), { recursive: true });
        await run("dpkg", ["-x", file, "."], limits);
      } catch (cause) {
        throw new Error(
          "These tests set clocks with libfaketime: install the package libfaketime",
          {
            cause,
          },
        );
      }
    },
  );
  const unpacked = await below(join(kept, "usr", "lib"));
  if (!unpacked) throw new Error(`${kept} holds no ${NAME}: remove it, and it is fetched anew`);
  return unpacked;
}

/** Debian puts it into a folder named after the machine. */
async function below(folder: string): Promise<string | undefined> {
  const machines = await readdir(folder).catch(() => []);
  return [".", ...machines]
    .map((machine) => join(folder, machine, "faketime", NAME))
    .find((path) => existsSync(path));
}
