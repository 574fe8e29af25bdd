import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { IssuerConfig, PresetName } from "../../src/config/index.ts";
import { PROJECT } from "../support/project.ts";
import { issuerConfig, type Members, NOW_S } from "./support.ts";

/** How one token differs from the sample of its provider. */
export interface Variant {
  readonly name: string;
  readonly alg?: "RS256" | "ES256" | "ES384";
  readonly issuer?: Partial<IssuerConfig>;
  readonly header?: Members;
  /** `exp_in` is the time from now to exp, seconds. */
  readonly payload?: Members;
  readonly remove?: readonly string[];
  readonly remove_header?: readonly string[];
  /** Members of the identity; null for one that must be absent. */
  readonly expected?: Members;
  readonly code?: string;
  /** Words that the hint to the operator must have. */
  readonly hint?: string;
}

/** What one provider really sends, what that must become, and what must not pass. */
export interface Sample extends Omit<Variant, "name"> {
  readonly use?: string;
  readonly payload: Members;
  readonly expected: Members;
  readonly expected_claims?: Members;
  readonly also?: readonly Variant[];
  readonly refused: readonly Variant[];
}

export function sampleOf(preset: PresetName): Sample {
  const file = join(PROJECT, "test/identity/samples", `${preset}.json`);
  return JSON.parse(readFileSync(file, "utf8"));
}

/** The issuer that the sample is of, under the preset. */
export const configOf = (preset: PresetName, sample: Sample, variant?: Variant): IssuerConfig =>
  issuerConfig({
    name: preset,
    preset,
    url: String(sample.payload["iss"]),
    ...sample.issuer,
    ...variant?.issuer,
  });

/** The payload of the sample, issued just now, as the variant has it. */
export function payloadOf(sample: Sample, variant?: Variant): Members {
  const { exp_in = 290, ...changed } = { ...sample.payload, ...variant?.payload } as Members;
  const all = { iat: NOW_S - 10, exp: NOW_S + Number(exp_in), ...changed };
  return without(all, variant?.remove);
}

export const headerOf = (sample: Sample, variant?: Variant): Members =>
  without({ typ: undefined, ...sample.header, ...variant?.header }, variant?.remove_header);

function without(members: Members, names: readonly string[] = []): Members {
  return { ...members, ...Object.fromEntries(names.map((name) => [name, undefined])) };
}

/** The two YAML blocks in a preset's section of the page. */
export function blocksOf(
  page: string,
  preset: PresetName,
): readonly [issuer: string, rule: string] {
  const section = page.split(`<a id="${preset}"></a>`)[1]?.split("<a id=")[0] ?? "";
  const blocks = [...section.matchAll(/```yaml\n(.*?)```/gs)].map((match) => match[1] ?? "");
  return [blocks[0] ?? "", blocks[1] ?? ""];
}
