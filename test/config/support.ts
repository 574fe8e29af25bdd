import { type Environment, FaultError, parseConfig } from "../../src/config/index.ts";

export const FILE = "/etc/nats-sts/nats-sts.yaml";
const ACCOUNT = `A${"B".repeat(55)}`;

/** The least that an operator has to write, on six lines. */
export const LEAST = `issuers:
  - { name: corp, url: https://idp.test/a, preset: generic, audience: nats-sts }
policy: policy.yaml
accounts:
  - { name: ORDERS, public_key: ${ACCOUNT}, signing_keys: [{ file: ./keys/orders.nk }] }
journal: { dir: ./data/journal }
`;

/** Another account, as an entry of the list. */
export const other = (name: string, letter = "C") =>
  `{ name: ${name}, public_key: A${letter.repeat(55)}, signing_keys: [{ file: b.nk }] }`;

export const read = (text: string | Uint8Array, env: Environment = {}) =>
  parseConfig(text, FILE, env).config;

/** Every fault as `line:col sentence`, those of the environment as `NAME sentence`; none: it was accepted. */
export function faultsOf(text: string | Uint8Array, env: Environment = {}): string[] {
  try {
    read(text, env);
    return [];
  } catch (error) {
    if (!(error instanceof FaultError)) throw error;
    return error.faults.map(({ file, line, col, message }) =>
      file === FILE ? `${line}:${col} ${message}` : `${file} ${message}`,
    );
  }
}
