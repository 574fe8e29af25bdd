import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { test } from "node:test";
import { PROJECT } from "./support/project.ts";

/** Rooms in the order in which data walks through them. Imports point only back along this line. */
const ORDER = [
  ...[
    "errors",
    "config",
    "limits",
    "metrics",
    "keys",
    "tls",
    "journal",
    "identity",
    "policy",
    "credential",
    "line",
    "exchange",
  ],
  ...["nats", "client", "http", "callout", "app", "cli", "main", "index"],
];

/** Doors stand side by side: what two of them share belongs into a room before both. */
const SIDE_BY_SIDE = ["http", "callout"];

/**
 * No file system, no network, no clock, no chance: all that they know is in their arguments. Of
 * node:net the grammar of addresses is free.
 */
const isPure = (file: string) => file.startsWith("policy/") || file === "credential/claims.ts";
const IMPURE = [
  /from "node:(fs|http|https|http2|tls|dns|dgram|child_process|timers)\b/,
  /(?<!import \{(?: isIP(?:v[46])?,?)+ \} )from "node:net"/,
  /\bprocess[.[]/,
  /\bfetch\(/,
  /\bperformance\./,
];
/** Time and chance are handed in by the composition root. */
const CLOCK_OR_CHANCE = /\bDate\.now\(|\bMath\.random\(|\bnew Date\(\s*\)|\bnew Date\b(?!\()/;
const MAY_TELL_TIME = ["main.ts"];

const LINES_MAX = 300;

/** A comment begins after a blank: `"application/*"` and `https://` do not begin one. */
const COMMENTS = /(?<=^|\s)(?:\/\*[\s\S]*?\*\/|\/\/.*$)/gm;

interface Source {
  /** Below src, with forward slashes. */
  readonly file: string;
  readonly text: string;
  /** Without comments: they may name what the code must not do. */
  readonly code: string;
}

const read = (file: string) => readFileSync(join(PROJECT, file), "utf8");

/** Sources below a folder of the project; none where there is no such folder. */
function sourcesIn(folder: string): readonly Source[] {
  const found = readdirSync(PROJECT).includes(folder)
    ? readdirSync(join(PROJECT, folder), { recursive: true, encoding: "utf8" })
    : [];
  return found
    .map((file) => file.replaceAll("\\", "/"))
    .filter((file) => file.endsWith(".ts"))
    .map((file) => {
      const text = read(`${folder}/${file}`);
      return { file, text, code: text.replace(COMMENTS, "") };
    });
}

/** Fails with the few words that were found, not with the whole file. */
function assertWithout(text: string, unwanted: RegExp, message: string): void {
  const found = unwanted.exec(text)?.[0];
  assert.equal(found, undefined, `${message}: ${found}`);
}

const SRC = sourcesIn("src");
const roomOf = (file: string) => file.split("/")[0]?.replace(/\.ts$/, "") ?? "";

function placeOf(room: string): number {
  assert.ok(ORDER.includes(room), `${room} is a new room: give it a place in ORDER`);
  return ORDER.indexOf(room);
}

/** Every relative path that a file imports, exports from, or imports while it runs. */
const targetsOf = ({ file, code }: Source) =>
  [...code.matchAll(/\b(?:from|import)\s*\(?\s*"(\.[^"]+)"/g)].map(([, path]) =>
    posix.join(posix.dirname(file), String(path)),
  );

test("imports only point back along the line", () => {
  for (const source of SRC) {
    for (const target of targetsOf(source)) {
      const [from, to] = [roomOf(source.file), roomOf(target)];
      const allowed =
        placeOf(to) <= placeOf(from) &&
        (from === to || !(SIDE_BY_SIDE.includes(from) && SIDE_BY_SIDE.includes(to)));
      assert.ok(allowed, `${source.file} must not import from ${to}`);
    }
  }
});

test("a room is entered by its door, index.ts, and never left through it", () => {
  for (const source of SRC) {
    for (const target of targetsOf(source)) {
      const [from, to] = [roomOf(source.file), roomOf(target)];
      const isFile = target === `${to}.ts`;
      const ok = from === to ? target !== `${to}/index.ts` : isFile || target === `${to}/index.ts`;
      assert.ok(ok, `${source.file} must not import ${target}`);
    }
  }
});

test("each room's door says what the room is for", () => {
  const rooms = new Set(
    SRC.filter(({ file }) => file.includes("/")).map(({ file }) => roomOf(file)),
  );
  for (const room of rooms) {
    const door = SRC.find(({ file }) => file === `${room}/index.ts`);
    assert.ok(door, `src/${room} has no index.ts`);
    assert.match(door.text, /^\/\*\*\n/, `src/${room}/index.ts must begin with a header comment`);
  }
});

test("the library door re-exports only", () => {
  const door = SRC.find(({ file }) => file === "index.ts");
  const rest = door?.code.replace(/export\s+(?:type\s+)?(?:\*|\{[^}]*\})\s+from\s+"[^"]+";/g, "");
  assert.equal(rest?.trim() ?? "", "");
});

test("pure rooms touch nothing outside", () => {
  for (const { file, code } of SRC.filter(({ file }) => isPure(file))) {
    for (const wrong of [...IMPURE, CLOCK_OR_CHANCE]) {
      assertWithout(code, wrong, `${file} must be pure`);
    }
  }
});

test("time and chance come from the composition root", () => {
  for (const { file, code } of SRC.filter(({ file }) => !MAY_TELL_TIME.includes(file))) {
    assertWithout(code, CLOCK_OR_CHANCE, `${file} must be handed its clock`);
  }
});

test("no file is too long to be read at once", () => {
  for (const folder of ["src", "test", "demo"]) {
    for (const { file, text } of sourcesIn(folder)) {
      const lines = text.split("\n").length;
      assert.ok(lines <= LINES_MAX, `${folder}/${file} has ${lines} lines: split it`);
    }
  }
});

test("nothing is left to be done, and nothing depends on one package registry", () => {
  const unwanted = /\bTO[D]O\b|\bFIX[M]E\b|registry\.npmjs|pypi\.org|python[h]osted|proxy\.golang/;
  for (const folder of ["src", "test", "demo"]) {
    for (const { file, text } of sourcesIn(folder)) {
      assertWithout(text, unwanted, `${folder}/${file}`);
    }
  }
  for (const file of ["package.json", "package-lock.json", "test/support/nats-server.txt"]) {
    assertWithout(read(file), unwanted, file);
  }
});
