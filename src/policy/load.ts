import { createHash } from "node:crypto";
import { type Fault, FaultError, readDraft } from "../config/index.ts";
import { compile, type Parsed, type ParsedFiles } from "./compile.ts";
import { crowdedAt } from "./count-rules.ts";
import type { Policy, PolicyContext } from "./policy.ts";
import { PolicyFile, RULES_LIMIT, TOO_MANY_RULES } from "./schema.ts";

/** A file of the policy as it was read. */
export interface PolicySource {
  /** Relative to the root file's folder: it goes into the digest and in front of every fault. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** All files together: room for 10,000 long rules, and read within seconds. */
const POLICY_LIMIT_BYTES = 6 * 1024 * 1024;

/**
 * Reads, checks and compiles a policy. It is used as a whole or not at all.
 *
 * @param sources the root file first, then every file that it includes ({@link includesOf}), and no
 *   other; the digest does not depend on their order
 * @throws FaultError with every fault and its position.
 */
export function loadPolicy(sources: readonly PolicySource[], context: PolicyContext): Policy {
  return policyOf(readPolicy(sources), sources, context);
}

/**
 * Reads the files of a policy, which is most of the time that loading one takes. Faults of what stands
 * in them are kept for {@link policyOf}.
 *
 * @throws FaultError where too little can be read to look for more
 */
export function readPolicy(sources: readonly PolicySource[]): ParsedFiles {
  const [root] = sources;
  if (!root) throw new RangeError("a policy has at least one file");
  if (sources.reduce((sum, { bytes }) => sum + bytes.length, 0) > POLICY_LIMIT_BYTES)
    throw new FaultError([fault(root.path, `is larger than ${POLICY_LIMIT_BYTES} bytes`)]);
  const parsed = readAll(sources);
  checkFiles(parsed);
  const rules_count = parsed.reduce((sum, { document }) => sum + document.value.rules.length, 0);
  if (rules_count > RULES_LIMIT)
    throw new FaultError([
      fault(root.path, `holds more than ${RULES_LIMIT} rules together with the files it includes`),
    ]);
  return parsed;
}

/**
 * Compiles what was read.
 *
 * @throws FaultError with every fault and its position.
 */
export function policyOf(
  parsed: ParsedFiles,
  sources: readonly PolicySource[],
  context: PolicyContext,
): Policy {
  const files = [...sources].sort((a, b) => (a.path < b.path ? -1 : 1));
  return {
    digest: digestOf(files),
    files: files.map(({ path }) => path),
    ...compile(parsed, context),
    max_ttl_s: context.max_ttl_s,
  };
}

/**
 * The files that a root file includes, below its own folder, in the order in which it names them.
 *
 * @throws FaultError where the root file cannot be read at all
 */
export function includesOf(root: PolicySource): readonly string[] {
  const { value } = parse(root).document;
  return [...new Set(value.include?.map(({ path }) => path) ?? [])].filter(
    (path) => path !== root.path,
  );
}

function readAll(files: readonly PolicySource[]): ParsedFiles {
  const faults: Fault[] = [];
  const parsed = files.flatMap((file) => {
    try {
      return [parse(file)];
    } catch (error) {
      if (!(error instanceof FaultError)) throw error;
      faults.push(...error.faults);
      return [];
    }
  });
  const [root, ...others] = parsed;
  if (!root || faults.length > 0) throw new FaultError(faults);
  return [root, ...others];
}

/** @throws FaultError where too little fits to look for more */
function parse({ path, bytes }: PolicySource): Parsed {
  const line = crowdedAt(Buffer.from(bytes).toString("latin1"), RULES_LIMIT);
  if (line !== undefined) throw new FaultError([{ ...fault(path, TOO_MANY_RULES), line }]);
  const { faults, usable, unfit, fault: at } = readDraft(bytes, path, PolicyFile);
  if (!usable) throw new FaultError(faults);
  return { path, document: { value: usable, fault: at }, faults, unfit };
}

/** Exactly the included files have to be there: no more, so that the digest is that of what decides. */
function checkFiles([{ document }, ...others]: ParsedFiles): void {
  const includes = document.value.include ?? [];
  const absent = includes.flatMap(({ path }, index) =>
    others.some((other) => other.path === path)
      ? []
      : [document.fault(["include", index, "path"], "is not there or cannot be read")],
  );
  const strange = others
    .filter(({ path }) => !includes.some((include) => include.path === path))
    .map(({ path }) => fault(path, "is not included by the root file"));
  if (absent.length + strange.length > 0) throw new FaultError([...absent, ...strange]);
}

/** SHA-256 hex over (path, NUL, bytes, NUL) of each file, in the order given. */
function digestOf(files: readonly PolicySource[]): string {
  const hash = createHash("sha256");
  for (const { path, bytes } of files) hash.update(path).update("\0").update(bytes).update("\0");
  return hash.digest("hex");
}

const fault = (file: string, message: string): Fault => ({ file, line: 1, col: 1, message });
