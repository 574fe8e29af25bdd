import type { Fault } from "../config/index.ts";
import type { Parsed } from "./compile.ts";
import type { PolicyContext } from "./policy.ts";
import { quote, unknown } from "./scope.ts";
import { parseSubject } from "./subject.ts";

/** Checks what the root file says of those that it includes. */
export function checkIncludes(
  { path: root, document }: Parsed,
  context: PolicyContext,
  say: (fault: Fault) => void,
): void {
  const seen = new Set([root]);
  for (const [index, include] of document.value.include?.entries() ?? []) {
    const report = (path: readonly (string | number)[], message: string) =>
      say(document.fault(["include", index, ...path], message));
    if (seen.has(include.path)) report(["path"], "is part of the policy already");
    seen.add(include.path);
    for (const [key, what, known] of [
      ["accounts", "account", context.accounts],
      ["issuers", "issuer", context.issuers],
    ] as const) {
      for (const [i, name] of include[key].entries()) {
        if (!known.includes(name)) report([key, i], unknown(what, name, known));
      }
    }
    for (const [i, text] of include.subjects?.entries() ?? []) {
      const subject = parseSubject(text, "publish");
      if ("fault" in subject) report(["subjects", i], `${quote(text)} ${subject.fault}`);
    }
  }
}
