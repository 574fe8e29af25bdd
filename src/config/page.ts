import { KEYS, variable } from "./environment.ts";
import { fieldSections, type Part, shownOf, table } from "./fields-page.ts";
import { ConfigFile } from "./schema.ts";

const PARTS: readonly Part[] = [
  ["The file"],
  ["tls, and likewise admin_tls and metrics_tls", "tls"],
  ["An issuer", "issuers", "[]"],
  ["jwks: where the keys of an issuer are", "issuers", "[]", "jwks"],
  ["introspection: how an issuer is asked", "issuers", "[]", "introspection"],
  ["An account", "accounts", "[]"],
  ["A signing key", "accounts", "[]", "signing_keys", "[]"],
  ["policy, where there are two", "policy", "[]"],
  ["dpop", "dpop"],
  ["journal", "journal"],
  ["journal: heads", "journal", "heads"],
  ["limits", "limits"],
];

/** Variables that no key of the file has. */
const OTHERS: Readonly<Record<string, string>> = {
  NATS_STS_CONFIG: "The configuration file, where --config does not name it.",
  NATS_STS_LOG_LEVEL:
    "`fatal`, `error`, `warn`, `info` (unless set), `debug`, `trace` or `silent`.",
  NATS_STS_POLICY_REVISION: "The revision of the policy, where its folder is in no git repository.",
};

/** The page of the configuration, docs/configuration.md, made from its schema. */
export function configPage(): string {
  const rows = [
    ...KEYS.map((key) => [variable(key), `Stands above \`${key}\`.`]),
    ...Object.entries(OTHERS),
  ].map(([name, says]) => `| \`${name}\` | ${says} |`);
  return [
    "<!-- Made from src/config/schema.ts: change it there. -->",
    "",
    "# The configuration",
    "",
    "`nats-sts.yaml`, or the file that `--config` or `NATS_STS_CONFIG` names. Paths are relative to the file in which they stand, durations are written `30s`, `15m`, `1h`, rates `50/s`, `600/m`. Keys that are not listed are faults: `nats-sts check` tells all of them, each at its line. For completion in an editor, begin the file with `# yaml-language-server: $schema=` and the path of `openapi/nats-sts.schema.json`.",
    "",
    "Whatever is written is read again when a file changes, and on SIGHUP; what a running service cannot change is refused then, as a fault at its line.",
    "",
    ...fieldSections(shownOf(ConfigFile), PARTS),
    "## Environment",
    "",
    ...table(["variable", "says"], rows),
  ].join("\n");
}
