import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { PROJECT } from "../support/project.ts";

/** A block of commands in a page, and what is said about running it. */
export interface Block {
  /** `README.md:42` */
  readonly place: string;
  readonly script: string;
  /** The comment above it: `run: service`, `not run: why`, `run by .ci/run`; empty where there is none. */
  readonly mark: string;
}

/** Where people look for commands to type. */
const FOLDERS = [".", "docs", "examples", "deploy"];

/** Every `sh` block of every page for people. */
export async function commandBlocks(): Promise<readonly Block[]> {
  const pages = await Promise.all(FOLDERS.map(pagesIn));
  return (await Promise.all(pages.flat().map(blocksIn))).flat();
}

async function pagesIn(folder: string): Promise<string[]> {
  const recursive = folder !== ".";
  const names = await readdir(join(PROJECT, folder), { recursive }).catch(() => []);
  return names.filter((name) => name.endsWith(".md")).map((name) => join(folder, name));
}

async function blocksIn(page: string): Promise<Block[]> {
  const text = await readFile(join(PROJECT, page), "utf8");
  const found = text.matchAll(
    /(?:<!-- ([^>]*?) -->\n)?```(?:sh|bash|shell|console)\n([\s\S]*?)```/g,
  );
  return [...found].map(({ 0: whole, 1: mark = "", 2: script = "", index }) => ({
    place: `${page}:${text.slice(0, index + whole.indexOf("```")).split("\n").length}`,
    script,
    mark,
  }));
}
