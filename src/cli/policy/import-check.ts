import type { Config } from "../../config/index.ts";
import {
  type Imported,
  identityFor,
  issuerNamed,
  loadCases,
  openPolicy,
  runCase,
} from "../../policy/index.ts";
import { policyContext } from "../load-policy.ts";

/**
 * Puts the cases to the policy before either is handed out.
 *
 * @throws Error where the policy does not load or a case does not hold: a mistake of ours
 */
export function assertSound({ policy, cases }: Imported, config: Config | undefined): void {
  const source = { path: "policy.yaml", bytes: Buffer.from(policy) };
  const open = openPolicy([source], config && policyContext(config));
  const issuers = open.context.issuers.map(
    (name) => ({ ...issuerNamed(name), preset: "generic" }) as const,
  );
  for (const each of loadCases(Buffer.from(cases), "policy.cases.yaml").cases) {
    const claims = typeof each.claims === "string" ? {} : each.claims;
    const { differs } = runCase(open.policy, each, identityFor(claims, each.issuer, issuers));
    if (differs.length > 0) throw new Error(`what was imported is not what it says: ${differs[0]}`);
  }
}
