import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { PolicySource } from "../../src/policy/index.ts";
import { PROJECT } from "../support/project.ts";

/** A policy in the page, its further files, and the cases below it. */
export interface PolicyBlock {
  readonly place: string;
  readonly sources: PolicySource[];
  readonly cases: { readonly place: string; readonly text: string }[];
}

/** Everything in YAML that the page shows. */
export interface Shown {
  readonly policies: readonly PolicyBlock[];
  /** Parts of a configuration. */
  readonly configs: readonly { readonly place: string; readonly text: string }[];
  /** Why a block is not tried. */
  readonly untried: readonly string[];
}

/** Reads a page. Without a comment above it, a YAML block is a policy. */
export async function policyBlocks(page: string): Promise<Shown> {
  const text = await readFile(join(PROJECT, page), "utf8");
  const policies: PolicyBlock[] = [];
  const configs: { place: string; text: string }[] = [];
  const untried: string[] = [];
  for (const found of text.matchAll(/(?:<!-- ([^>]*?) -->\n)?```yaml\n([\s\S]*?)```/g)) {
    const { 1: mark = "", 2: yaml = "", index } = found;
    const place = `${page}:${text.slice(0, index).split("\n").length}`;
    const last = policies.at(-1);
    const file = /^file: (\S+)$/.exec(mark)?.[1];
    if (mark === "") {
      const source = { path: "policy.yaml", bytes: Buffer.from(yaml) };
      policies.push({ place, sources: [source], cases: [] });
    } else if (file !== undefined) last?.sources.push({ path: file, bytes: Buffer.from(yaml) });
    else if (mark === "cases") last?.cases.push({ place, text: yaml });
    else if (mark === "config") configs.push({ place, text: yaml });
    else untried.push(mark);
  }
  return { policies, configs, untried };
}
