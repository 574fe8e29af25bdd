import { policyOf } from "../../policy/support.ts";
import type { Case } from "./case.ts";
import { BUCKET_CASES } from "./cases-buckets.ts";
import { OBJECT_CASES } from "./cases-objects.ts";
import { OTHER_CASES } from "./cases-other.ts";
import { STREAM_CASES } from "./cases-streams.ts";

/** Every intent, in the order of the page. */
export const CASES: readonly Case[] = [
  ...STREAM_CASES,
  ...BUCKET_CASES,
  ...OBJECT_CASES,
  ...OTHER_CASES,
];

const indent = (text: string) => text.replaceAll(/^/gm, "    ");

/** A role for each of them, which a scope of the same name gives. */
export const POLICY = policyOf(`version: 1
streams: { ORDERS: [orders.>], BILLS: [bills.>] }
roles:
${CASES.map(({ name, role }) => `  ${name}:\n    account: ORDERS\n${indent(role)}`).join("\n")}
rules:
${CASES.map(({ name }) => `  - { name: by ${name}, issuer: corp, scopes: [${name}], roles: [${name}] }`).join("\n")}
`);
