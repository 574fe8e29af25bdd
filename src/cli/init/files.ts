import { mkdir, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

/** A file to be made. Secret ones are for their owner alone, and so is the folder that holds them. */
export interface NewFile {
  /** Relative to the folder that is being made. */
  readonly path: string;
  readonly text: string;
  readonly secret: boolean;
}

/** Those of the files that exist already. */
export async function existing(dir: string, files: readonly NewFile[]): Promise<string[]> {
  const found = await Promise.all(
    files.map(({ path }) =>
      stat(join(dir, path)).then(
        () => path,
        () => undefined,
      ),
    ),
  );
  return found.filter((path) => path !== undefined);
}

/** Writes new files and their folders. Fails, rather than overwrites, where one has come to exist. */
export async function writeNew(dir: string, files: readonly NewFile[]): Promise<void> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  for (const { path, text, secret } of files) {
    const file = join(dir, path);
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await writeFile(file, text, { flag: "wx", mode: secret ? 0o600 : 0o644 });
  }
}
