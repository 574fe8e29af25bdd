import type { Fault } from "../../config/index.ts";
import type { LintedRole } from "./linted.ts";
import { type LintRule, quote } from "./rule.ts";

/** What intents permit beyond what their names say. */
export const INTENTS: readonly LintRule[] = [
  {
    id: "consumer-creator",
    summary: "A role that creates consumers, which send stored messages to any subject",
    avoid: `roles:
  worker:
    account: ORDERS
    jetstream: [{ consume: { stream: ORDERS, may_create_consumers: true } }]
rules:
  - { name: workers, issuer: corp, client: worker, roles: [worker] }`,
    prefer: `roles:
  worker:
    account: ORDERS
    jetstream: [{ consume: { stream: ORDERS, durable: worker } }]
rules:
  - { name: workers, issuer: corp, client: worker, roles: [worker] }`,
    rationale:
      "Whoever makes a consumer says where it delivers: what is stored goes to any subject of the account, whatever its maker may publish to. Making one under a name that exists changes that one. Make consumers beforehand and name them; read keys by `get`, without `watch`. Objects cannot be read without: there it takes a reason, and better a bucket that only trusted readers have.",
    check: ({ roles }) =>
      eachIntent(roles, ({ kind, wanted, at }) => {
        if (!wanted.may_create_consumers) return [];
        const what = wanted.stream ?? wanted.bucket ?? "";
        const instead =
          kind === "consume"
            ? "name a durable that was made beforehand"
            : kind === "kv"
              ? "leave watch out, and get keys"
              : "allow it for readers that are trusted with the whole account";
        return [
          at(
            ["may_create_consumers"],
            `has stored messages of ${quote(what)} sent to any subject of the account: ${instead}`,
          ),
        ];
      }),
  },
  {
    id: "bucket-writer",
    summary: "A writer that can remove what others have written to a bucket",
    avoid: `roles:
  tuner: { account: ORDERS, jetstream: [{ kv: { bucket: settings, access: write } }] }
rules:
  - { name: tuners, issuer: corp, client: tuner, roles: [tuner] }`,
    prefer: `roles:
  tuner:
    account: ORDERS
    jetstream:
      # lint-ok: bucket-writer the bucket is made without rollups
      - kv: { bucket: settings, keys: tuning.>, access: write, may_roll_up: true }
rules:
  - { name: tuners, issuer: corp, client: tuner, roles: [tuner] }`,
    rationale:
      "To write a key is to delete and to purge it: with every key of a bucket, all of them. Of some keys, one message with the header `Nats-Rollup: all` still removes every other key, unless the bucket was made without rollups. Who puts an object may purge the stream of the bucket and read it by sequence. Give each writer its keys and take rollups away from the bucket, or give it a bucket of its own, and say so.",
    check: ({ roles }) =>
      eachIntent(roles, ({ kind, wanted, at }) => {
        if (wanted.access === undefined || wanted.access === "read") return [];
        const bucket = quote(wanted.bucket ?? "");
        if (kind === "object")
          return [
            at(
              ["access"],
              `may remove and read every object of ${bucket}: give each writer a bucket of its own`,
            ),
          ];
        if (isWhole(wanted))
          return [
            at(
              ["access"],
              `may overwrite, delete and purge every key of ${bucket}: name the keys that it writes`,
            ),
          ];
        return [
          at(
            ["may_roll_up"],
            `may remove every other key of ${bucket} by one message: make the bucket without rollups`,
          ),
        ];
      }),
  },
  {
    id: "key-names-told",
    summary: "A reader of some keys that is told the names of all",
    avoid: `roles:
  tenant:
    account: ORDERS
    jetstream: [{ kv: { bucket: settings, keys: "{tenant}.>", access: read, info: true } }]
rules:
  - { name: tenants, issuer: corp, scopes: [settings], roles: [tenant] }`,
    prefer: `roles:
  tenant:
    account: ORDERS
    jetstream: [{ kv: { bucket: settings, keys: "{tenant}.>", access: read } }]
rules:
  - { name: tenants, issuer: corp, scopes: [settings], roles: [tenant] }`,
    rationale:
      "The state of a bucket lists its subjects, and so the keys of everybody. Clients that ask for it on opening a bucket can be told not to, or fail at that one request only. Where the names of keys are no secret, say so.",
    check: ({ roles }) =>
      eachIntent(roles, ({ kind, wanted, at }) =>
        kind === "kv" && wanted.info && !isWhole(wanted)
          ? [
              at(
                ["info"],
                `tells the names of all keys of ${quote(wanted.bucket ?? "")}: leave it out, and open the bucket without asking for its state`,
              ),
            ]
          : [],
      ),
  },
];

/** The fields of intents that are looked at; which of them an intent has depends on its kind. */
interface Wanted {
  readonly stream?: string;
  readonly bucket?: string;
  readonly keys?: string | readonly string[];
  readonly access?: string;
  readonly info?: boolean;
  readonly may_create_consumers?: boolean;
}

interface Intent {
  readonly kind: string;
  readonly wanted: Wanted;
  at(path: readonly string[], message: string): Fault;
}

function eachIntent(roles: readonly LintedRole[], look: (intent: Intent) => Fault[]): Fault[] {
  return roles.flatMap(({ role, at }) =>
    (role.jetstream ?? []).flatMap((intent, i) =>
      Object.entries(intent).flatMap(([kind, wanted]) =>
        look({
          kind,
          wanted: wanted as Wanted, // all of its fields are optional, and fit the schema
          at: (path, message) => at(["jetstream", i, kind, ...path], message),
        }),
      ),
    ),
  );
}

const isWhole = ({ keys = ">" }: Wanted) => [keys].flat().includes(">");
