import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { readConfig } from "../../config/index.ts";
import type { Args, Io } from "../command.ts";
import { visible } from "../show.ts";
import { existing, type NewFile, writeNew } from "./files.ts";
import type { IssuerText } from "./texts.ts";

/** A name of an account, as the configuration takes it. */
export const ACCOUNT = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

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
  const fault =
    taken.length > 0
      ? `not overwriting ${taken.join(", ")} in ${dir}: choose another --dir`
      : await writeNew(dir, files);
  if (fault !== undefined) io.err(visible(`nats-sts init: ${fault}`));
  return fault === undefined;
}

/** Which option the line of a fault comes from. */
const OPTION_OF: Readonly<Record<string, string>> = {
  url: "--issuer",
  audience: "--audience",
  name: "--account",
};

/** What the configuration's own rules have to say of what init was told, option by option. */
export function faultsOf(text: string, dir: string): string[] {
  const lines = text.split("\n");
  return readConfig(text, join(dir, "nats-sts.yaml"), {}).faults.map(({ line, message }) => {
    const key = /^[ -]*(\w+):/.exec(lines[line - 1] ?? "")?.[1] ?? "";
    return `${OPTION_OF[key] ?? `${key} in nats-sts.yaml`} ${message}`;
  });
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
