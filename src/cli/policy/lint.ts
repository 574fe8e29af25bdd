import { dirname, join } from "node:path";
import { JWT_LIMIT_BYTES } from "../../credential/index.ts";
import { LINT_RULES, lint } from "../../policy/index.ts";
import { type Command, EXIT } from "../command.ts";
import { asJson, count, near, table, visible } from "../show.ts";
import { jwtBytesOf } from "./jwt.ts";
import { openNamed, POLICY_OPTIONS, withFaults } from "./load.ts";

/** Looks for mistakes that a policy may hold and still be read. */
export const policyLint: Command = {
  name: "policy lint",
  summary: "Look for what a policy permits although nobody meant it",
  details: `Says for each finding where it stands, why, and the way out. # lint-ok: ID WHY on the line or the line
above allows one. Without --config, an issuer that is called like a preset is taken for one of it. Exits
with 0 when nothing is found, with 1 when something is, with 2 when the policy cannot be read.`,
  example: "nats-sts policy lint --policy policy.yaml",
  options: {
    ...POLICY_OPTIONS,
    rules: { type: "boolean", describe: "List what is looked for, and look at nothing" },
    json: { type: "boolean", describe: "Print JSON" },
  },
  run: (args, io) =>
    withFaults("policy lint", io, EXIT.usage, async () => {
      const json = args.values["json"] === true;
      if (args.values["rules"]) {
        const list = LINT_RULES.map(({ id, summary }) => ({ id, summary }));
        io.out(json ? asJson(list) : table(list.map((row) => [row.id, row.summary])).join("\n"));
        return EXIT.done;
      }
      const opened = await openNamed(args, io);
      const measure = { limit_bytes: JWT_LIMIT_BYTES, bytes: jwtBytesOf(opened) };
      const folder = dirname(opened.file);
      const at = <T extends { file: string }>(each: T): T => ({
        ...each,
        file: join(folder, each.file),
      });
      const result = lint(opened.open, opened.issuers, measure);
      const [findings, allowed] = [result.findings.map(at), result.allowed.map(at)];
      if (json) io.out(asJson({ findings, allowed }));
      else {
        for (const { file, line, col, id, message } of findings)
          io.out(`${near(file, io.cwd)}:${line}:${col}: ${id}: ${visible(message)}`);
        const also = allowed.length > 0 ? `, ${allowed.length} allowed` : "";
        const rules = count(opened.open.written.rules.length, "rule");
        io.out(
          findings.length === 0
            ? `${near(opened.file, io.cwd)}: nothing found in ${rules}${also}`
            : `${count(findings.length, "finding")}${also}: docs/policy-lint.md explains each`,
        );
      }
      return findings.length === 0 ? EXIT.done : EXIT.no;
    }),
};
