import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { Args, Io } from "../command.ts";
import { existing, type NewFile, writeNew } from "./files.ts";
import type { IssuerText } from "./texts.ts";

/** The folder to write into, absolute. */
export const folderOf = ({ values }: Args, { cwd }: Pick<Io, "cwd">) =>
  resolve(cwd, String(values["dir"]));

/** The issuer to write into nats-sts.yaml. */
export const issuerOf = ({ values }: Args): IssuerText => ({
  url: String(values["issuer"]),
  audience: String(values["audience"]),
});

/** Writes nothing where anything is in the way: half of an operator is worse than none. */
export async function write(dir: string, files: readonly NewFile[], io: Io): Promise<boolean> {
  const taken = await existing(dir, files);
  if (taken.length > 0) {
    io.err(`nats-sts init: not overwriting ${taken.join(", ")} in ${dir}: choose another --dir`);
    return false;
  }
  await writeNew(dir, files);
  return true;
}

/** Beside the files that name them, so that editors complete and check without a network. */
export async function schemaFiles(): Promise<NewFile[]> {
  const names = ["nats-sts.schema.json", "policy.schema.json", "policy-cases.schema.json"];
  return Promise.all(
    names.map(async (name) => ({
      path: `schema/${name}`,
      text: await readFile(new URL(`../../../../openapi/${name}`, import.meta.url), "utf8"),
      secret: false,
    })),
  );
}
