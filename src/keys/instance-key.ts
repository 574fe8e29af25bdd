import { randomBytes } from "node:crypto";
import { link, open, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { type KeyFault, type Owner, readSeed } from "./key-file.ts";
import { encodeSeedAscii } from "./nkey.ts";
import { type Signer, seedSigner } from "./signer.ts";

/**
 * The key of this instance, which signs journal heads and nothing else: a NATS server nkey (`N…`).
 * Of that kind, because it can sign no credential, an account key listed by mistake is refused by
 * its first letters, and a mistyped public key is found by its checksum.
 *
 * @returns a signer, or what is wrong with the file and what to do about it
 */
export function instanceKey(file: string, owner: Owner): Promise<Signer | KeyFault> {
  return readSeed<Signer | KeyFault>(file, owner, (seed) => {
    if (seed?.kind === "server") return seedSigner(seed.raw, "server");
    seed?.raw.fill(0);
    return {
      fault:
        "must hold the seed of a server key (58 characters beginning with SN) and nothing else: make one with nk -gen server",
    };
  });
}

/** Makes the key file, readable by its owner alone, unless one is there. It appears whole or not at all. */
export async function makeInstanceKey(file: string): Promise<void> {
  const unfinished = `${file}.${randomBytes(4).toString("hex")}`;
  const raw = randomBytes(32); // Any 32 bytes are an Ed25519 seed (RFC 8032 §5.1.5).
  const ascii = encodeSeedAscii("server", raw);
  raw.fill(0);
  try {
    const handle = await open(unfinished, "wx", 0o600);
    try {
      await handle.writeFile(ascii);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await link(unfinished, file).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    });
  } finally {
    ascii.fill(0);
    await rm(unfinished, { force: true });
  }
  const folder = await open(dirname(file), "r");
  await folder.sync().finally(() => folder.close());
}
