import { type Fault, FaultError, type LoadedConfig, type See, seeSecret } from "../config/index.ts";
import { type Owner, readSigner } from "./key-file.ts";
import { decodePublicKey } from "./nkey.ts";
import type { Signer } from "./signer.ts";

/** The accounts' signing keys in memory. */
export interface KeyRing {
  /** The key that signs for this account now; undefined for an account that is not configured. */
  active(account: string): Signer | undefined;
  /** Every key of this account, the one that signs first. */
  all(account: string): readonly Signer[];
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
  const ring = new Map<string, readonly Signer[]>();
  for (const [a, account] of config.accounts.entries()) {
    if (!decodePublicKey("account", account.public_key)) {
      faults.push(
        fault(
          ["accounts", a, "public_key"],
          "is not the public nkey of an account: its checksum does not fit",
        ),
      );
    }
    const signers: Signer[] = [];
    for (const [k, { file }] of account.signing_keys.entries()) {
      const at = ["accounts", a, "signing_keys", k, "file"];
      await seeSecret(file, see);
      const read = await readSigner(file, owner);
      const wrong =
        "fault" in read
          ? `${file} ${read.fault}`
          : misplaced(read, file, account.name, identity_keys, seen);
      if (wrong) faults.push(fault(at, wrong));
      else if (!("fault" in read)) signers.push(read);
    }
    ring.set(account.name, signers);
  }
  if (faults.length > 0) throw new FaultError(faults);
  return {
    active: (account) => ring.get(account)?.[0],
    all: (account) => ring.get(account) ?? [],
  };
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
