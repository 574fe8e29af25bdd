import { pino } from "pino";
import type { TSchema } from "typebox";
import { stringify } from "yaml";
import { ConfigFile, parseConfig } from "../src/config/index.ts";
import { StsError } from "../src/errors.ts";
import { httpDoor, listenerAt } from "../src/http/index.ts";
import { CasesFile, PolicyFile } from "../src/policy/index.ts";

/** A file of this folder: its name and its text. */
export interface Contract {
  readonly name: string;
  readonly text: string;
}

/** Every contract that a machine reads, made from the schemas by which the service itself goes. */
export async function contracts(): Promise<readonly Contract[]> {
  return [
    { name: "openapi.yaml", text: await openApi() },
    {
      name: "nats-sts.schema.json",
      text: json(asWritten(ConfigFile, "nats-sts.schema.json", "nats-sts configuration")),
    },
    {
      name: "policy.schema.json",
      text: json(asWritten(PolicyFile, "policy.schema.json", "nats-sts policy")),
    },
    {
      name: "policy-cases.schema.json",
      text: json(asWritten(CasesFile, "policy-cases.schema.json", "nats-sts policy cases")),
    },
  ];
}

const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;

/** The least that the door needs to be there; nothing of it stands in the document. */
const CONFIG = `{explain: true, issuers: [{name: corp, url: "https://idp.example", preset: generic, audience: nats-sts}],
  policy: policy.yaml, journal: stdout, accounts: [{name: ORDERS, public_key: A${"A".repeat(55)},
  signing_keys: [{file: orders.nk}]}]}`;

async function openApi(): Promise<string> {
  const nothing = async () => Promise.reject(new StsError("internal"));
  const { config } = parseConfig(CONFIG, "/nats-sts.yaml");
  const door = await httpDoor(
    {
      config,
      current: () => config,
      admit: () => {},
      proofNonce: () => undefined,
      hasRoom: () => true,
      exchange: nothing,
      explain: nothing,
      refuse: nothing,
      ready: async () => [],
      leaving: () => false,
      stopping: () => false,
    },
    pino({ level: "silent" }),
    listenerAt({ address: config.listen, limits: config.limits, silence_s: 30 }),
  );
  const { body } = await door.inject("/openapi.json");
  await door.close();
  return stringify(JSON.parse(body), {
    lineWidth: 100,
    aliasDuplicateObjects: false,
    blockQuote: "literal",
  });
}

/**
 * A schema for editors: what has a default need not be written. The dialect is the one that editors
 * know best; nothing in the schemas is newer. `errorMessage` stays: editors say it.
 */
function asWritten(schema: TSchema, $id: string, title: string): object {
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    $id,
    title,
    ...(withoutDefaulted(JSON.parse(JSON.stringify(schema))) as object), // an object schema
  };
}

function withoutDefaulted(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(withoutDefaulted);
  if (!isRecord(node)) return node;
  const { required, properties } = node;
  const entries = Object.entries(node).map(([key, value]) => [key, withoutDefaulted(value)]);
  const written = Object.fromEntries(entries);
  if (!Array.isArray(required) || !isRecord(properties)) return written;
  const hasDefault = (key: string) => isRecord(properties[key]) && "default" in properties[key];
  const still = required.filter((key) => !hasDefault(String(key)));
  const { required: _, ...rest } = written;
  return still.length > 0 ? { ...rest, required: still } : rest;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
