import { readdir } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { type Fault, FaultError, readWritten } from "../../config/index.ts";
import { type ClaimsIssuer, claimsIn } from "../../identity/index.ts";
import {
  type Case,
  type Cases,
  identityFor,
  issuerNamed,
  loadCases,
  type Place,
  type Subjected,
} from "../../policy/index.ts";
import type { Io } from "../command.ts";
import { UsageError } from "./load.ts";

/**
 * The files with cases that are meant where none is named: those in the working directory.
 *
 * @returns absolute paths, sorted
 */
export async function caseFiles(named: readonly string[], io: Pick<Io, "cwd">): Promise<string[]> {
  if (named.length > 0) return named.map((file) => resolve(io.cwd, file));
  const names = await readdir(io.cwd);
  const found = names.filter((name) => /(^|\.)cases\.ya?ml$/.test(name)).sort();
  if (found.length === 0)
    throw new UsageError("there is no *.cases.yaml here: name a file with cases");
  return found.map((name) => resolve(io.cwd, name));
}

/** Reads a file of cases. */
export async function readCases(file: string): Promise<Cases> {
  const bytes = await readWritten(file);
  if ("fault" in bytes) throw fault(file, { line: 1, col: 1 }, bytes.fault);
  return loadCases(bytes, file);
}

/**
 * Who a case is about.
 *
 * @param issuers by which claims are read, those of the configuration before those of the file
 */
export async function subjectOf(each: Case, issuers: readonly ClaimsIssuer[]): Promise<Subjected> {
  const claims =
    typeof each.claims === "string" ? await claimsFrom(each, each.claims) : each.claims;
  return identityFor(claims, each.issuer, issuers);
}

async function claimsFrom({ file, claims_at }: Case, named: string) {
  const path = resolve(dirname(file), named);
  const bytes = await readWritten(path);
  if ("fault" in bytes) throw fault(file, claims_at, `claims_file ${named} ${bytes.fault}`);
  try {
    return claimsIn(Buffer.from(bytes).toString("utf8"));
  } catch {
    const what = "holds neither a JSON object without members twice nor a token";
    throw fault(file, claims_at, `claims_file ${named} ${what}`);
  }
}

/** The issuers by which the claims of a file are read. What a configuration says goes before. */
export function issuersFor(
  cases: Cases,
  opened: { readonly issuers: readonly ClaimsIssuer[]; readonly configured: boolean },
): readonly ClaimsIssuer[] {
  if (opened.configured) return opened.issuers;
  const named = new Set(cases.issuers.map(({ name }) => name));
  const rest = opened.issuers.filter(({ name }) => !named.has(name));
  return [...cases.issuers, ...rest.map(({ name }) => issuerNamed(name))];
}

const fault = (file: string, { line, col }: Place, message: string): FaultError => {
  const one: Fault = { file, line, col, message };
  return new FaultError([one]);
};

/**
 * The file of the policy that cases name.
 *
 * @throws FaultError at the place where it is named, where it cannot be read
 */
export async function policyNamed({ file, policy_at }: Cases, named: string): Promise<string> {
  const path = resolve(dirname(file), named);
  const bytes = await readWritten(path);
  if ("fault" in bytes) throw fault(file, policy_at, `policy ${named} ${bytes.fault}`);
  return path;
}
