import { type Fault, FaultError, type LoadedConfig, type See, seeSecret } from "../config/index.ts";
import { type Owner, readSigner } from "./key-file.ts";
import { decodePublicKey } from "./nkey.ts";
import type { Signer } from "./signer.ts";

/** A signing key of an account, and what it is for. */
export interface RingKey {
  readonly signer: Signer;
  /** `active` signs, `known` did or will, `scoped` signs for the roles that name it and no others. */
  readonly state: "active" | "known" | "scoped";
}

/** The accounts' signing keys in memory. */
export interface KeyRing {
  /** The key that signs what the policy permits; undefined where all keys of the account are scoped. */
  active(account: string): Signer | undefined;
  /** The scoped key with this public key, of this account; undefined for any other key. */
  scoped(account: string, public_key: string): Signer | undefined;
  /** Every key of this account, the active one first, and none for one that is not configured. */
  all(account: string): readonly RingKey[];
}

/**
 * Reads every signing key that the configuration names.
 *
 * Refuses what this service must not hold: operator and user keys (by prefix), account identity
 * keys (their public key is a configured `public_key`), one key listed for two accounts.
 *
 * @throws {@link FaultError} with every fault at the line that names the file
 */
export async function loadKeyRing(
  { config, fault }: LoadedConfig,
  owner: Owner,
  see: See = () => {},
): Promise<KeyRing> {
  const faults: Fault[] = [];
  const identity_keys = new Set(config.accounts.map(({ public_key }) => public_key));
  const seen = new Map<string, string>();
  const ring = new Map<string, readonly RingKey[]>();
  for (const [a, account] of config.accounts.entries()) {
    if (!decodePublicKey("account", account.public_key)) {
      faults.push(
        fault(
          ["accounts", a, "public_key"],
          "is not the public nkey of an account: its checksum does not fit",
        ),
      );
    }
    const keys: { readonly signer: Signer; readonly scoped: boolean }[] = [];
    for (const [k, { file, scoped }] of account.signing_keys.entries()) {
      const at = ["accounts", a, "signing_keys", k, "file"];
      await seeSecret(file, see);
      const read = await readSigner(file, owner);
      const wrong =
        "fault" in read
          ? `${file} ${read.fault}`
          : misplaced(read, file, account.name, identity_keys, seen);
      if (wrong) faults.push(fault(at, wrong));
      else if (!("fault" in read)) keys.push({ signer: read, scoped });
    }
    ring.set(account.name, inStates(keys));
  }
  if (faults.length > 0) throw new FaultError(faults);
  const all = (account: string) => ring.get(account) ?? [];
  const find = (account: string, fits: (key: RingKey) => boolean) =>
    all(account).find(fits)?.signer;
  return {
    active: (account) => find(account, ({ state }) => state === "active"),
    scoped: (account, public_key) =>
      find(account, ({ state, signer }) => state === "scoped" && signer.public_key === public_key),
    all,
  };
}

/** The first key that is not scoped signs: what the policy permits stands in its JWTs, never in those of a scoped one. */
function inStates(
  keys: readonly { readonly signer: Signer; readonly scoped: boolean }[],
): readonly RingKey[] {
  const plain = keys.filter(({ scoped }) => !scoped);
  return [
    ...plain.map(({ signer }, i) => ({ signer, state: i === 0 ? "active" : "known" }) as const),
    ...keys
      .filter(({ scoped }) => scoped)
      .map(({ signer }) => ({ signer, state: "scoped" }) as const),
  ];
}

function misplaced(
  { public_key }: Signer,
  file: string,
  account: string,
  identity_keys: ReadonlySet<string>,
  seen: Map<string, string>,
): string | undefined {
  if (identity_keys.has(public_key)) {
    return `${file} holds the identity key of an account, which this service must never have: make a signing key with nsc edit account --name ${account} --sk generate, and list that`;
  }
  const other = seen.get(public_key);
  if (other !== undefined)
    return `${file} holds the key ${public_key}, which is listed for ${other} already: each key belongs to one account, once`;
  seen.set(public_key, account);
  return undefined;
}
