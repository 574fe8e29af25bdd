import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { decode } from "@nats-io/jwt";

/** An account of an nsc store, as far as a service that signs for it needs to know. */
export interface NscAccount {
  readonly name: string;
  readonly public_key: string;
  /** The file with the seed of one of its signing keys; undefined where none of them is here. */
  readonly signing_key_file: string | undefined;
  /** Plain signing keys that the account lists. Scoped ones permit what their template says, not our policy. */
  readonly signing_keys: readonly string[];
}

/** What an operator or account JWT holds that is read here. */
interface Claims {
  readonly system_account?: string;
  readonly signing_keys?: readonly unknown[];
}

/**
 * Reads the accounts of one operator in an nsc store, without touching it. The system account is left
 * out: nobody should get credentials in it.
 *
 * @param store the operator's folder, such as `~/.local/share/nats/nsc/stores/OPERATOR`
 * @param keys nsc's key folder, such as `~/.local/share/nats/nsc/keys`
 * @throws Error with a sentence where it is no such store
 */
export async function readNscStore(store: string, keys: string): Promise<NscAccount[]> {
  const operator = (await jwtsIn(store))[0];
  if (!operator)
    throw new Error(
      `${store} holds no operator JWT: name the folder of one operator of an nsc store`,
    );
  const { system_account } = operator.nats;
  const names = await readdir(join(store, "accounts")).catch(() => []);
  const accounts = (
    await Promise.all(names.map((name) => jwtsIn(join(store, "accounts", name))))
  ).flat();
  return Promise.all(
    accounts
      .filter(({ sub }) => sub !== system_account)
      .map(async ({ name, sub, nats }) => {
        const signing_keys = (nats.signing_keys ?? []).filter((key) => typeof key === "string");
        return {
          name,
          public_key: sub,
          signing_keys,
          signing_key_file: await firstHeld(signing_keys, keys),
        };
      }),
  );
}

async function jwtsIn(folder: string): Promise<{ name: string; sub: string; nats: Claims }[]> {
  const names = await readdir(folder).catch(() => []);
  const texts = names
    .filter((name) => name.endsWith(".jwt"))
    .map(async (name) => decode<Claims>((await readFile(join(folder, name), "utf8")).trim()));
  return Promise.all(texts);
}

/** nsc keeps a key in `keys/A/<second and third letter>/<key>.nk`. */
async function firstHeld(
  signing_keys: readonly string[],
  keys: string,
): Promise<string | undefined> {
  for (const key of signing_keys) {
    const file = join(keys, "keys", key.slice(0, 1), key.slice(1, 3), `${key}.nk`);
    const held = await stat(file).catch(() => undefined);
    if (held?.isFile()) return file;
  }
  return undefined;
}
