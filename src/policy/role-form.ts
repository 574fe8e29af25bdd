import type { PolicyContext, Role } from "./policy.ts";
import type { RoleFile } from "./role-schema.ts";
import { type FileScope, quote, type Report } from "./scope.ts";

/** Whoever connects like this is no other client, so that nothing adds up. */
const LONERS = ["LEAFNODE", "MQTT"] as const;

/** The field for which a role combines with no other. */
export function aloneOf({ scoped_key, connection_types = [] }: RoleFile): Role["alone"] {
  if (scoped_key !== undefined) return "scoped_key";
  return LONERS.some((type) => connection_types.includes(type)) ? "connection_types" : undefined;
}

/** What a role with a scoped key leaves to that key: nats-server refuses a JWT that says any of it. */
const LEFT_TO_KEY = [
  ...(["publish", "subscribe", "deny_publish", "deny_subscribe", "respond"] as const),
  ...(["jetstream", "service", "allow_reserved"] as const),
  ...(["connection_types", "source_networks", "times", "limits"] as const),
] as const;

/** Checks that the fields of a role fit together. */
export function checkForm(file: RoleFile, scope: FileScope, report: Report): void {
  if (file.scoped_key !== undefined) {
    checkScoped(file, file.scoped_key, scope, report);
    return;
  }
  if (scope.context.scoped_only?.includes(file.account)) {
    const [what, account] = ["has scoped signing keys alone", quote(file.account)];
    report(
      ["account"],
      `${account} ${what}: name one as scoped_key, or list a key that is not scoped`,
    );
  }
  const permits =
    file.respond || file.service || [file.publish, file.subscribe, file.jetstream].some(has);
  if (!permits) report([], "permits nothing: give it publish, subscribe or respond");
  for (const type of LONERS) {
    const types = file.connection_types ?? [];
    if (types.includes(type) && types.length > 1)
      report(["connection_types"], `${type} stands alone: make another role for the others`);
  }
}

const has = (list: readonly unknown[] | undefined) => (list?.length ?? 0) > 0;

const isScopedKey = ({ scoped_keys }: PolicyContext, account: string, key: string) =>
  scoped_keys === "unknown" || scoped_keys?.get(account)?.includes(key) === true;

function checkScoped(
  file: RoleFile,
  key: string,
  { context, fence }: FileScope,
  report: Report,
): void {
  for (const field of LEFT_TO_KEY) {
    const value = file[field];
    if (value !== undefined && value !== false)
      report([field], "is what the scoped key says: a credential that it signs must not say it");
  }
  if (fence) report(["scoped_key"], "stands in the root file only");
  else if (!isScopedKey(context, file.account, key)) {
    report(
      ["scoped_key"],
      `is no key of ${quote(file.account)} that the configuration calls scoped: true`,
    );
  }
}
