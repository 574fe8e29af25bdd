import { createPrivateKey, type KeyObject } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { importPKCS8 } from "jose";
import { type ClientAuth, ClientSecretBasic, PrivateKeyJwt } from "openid-client";
import type { IntrospectionConfig } from "../config/index.ts";

const SECRET_LIMIT_BYTES = 16_384;

/**
 * How this service proves itself to a provider: by the secret (RFC 6749 §2.3.1) or the private key
 * (RFC 7523 §2.2) in a file, which is read anew each time.
 *
 * @throws Error that names the file and what is wrong with it, and nothing that it holds
 */
export async function clientAuthOf(config: IntrospectionConfig): Promise<ClientAuth> {
  const { client_secret_file, private_key_file, key_id } = config;
  if (client_secret_file !== undefined)
    return ClientSecretBasic((await secretIn(client_secret_file)).trim());
  if (private_key_file === undefined) throw new Error("there is no secret to introspect with");
  const pem = await secretIn(private_key_file);
  const alg = algorithmOf(keyIn(pem, private_key_file), private_key_file);
  const key = await importPKCS8(pem, alg);
  return PrivateKeyJwt(key_id === undefined ? key : { key, kid: key_id });
}

async function secretIn(file: string): Promise<string> {
  const code = ({ code }: NodeJS.ErrnoException) => new Error(`${file} cannot be read (${code})`);
  const { mode, size } = await stat(file).catch((error) => {
    throw code(error);
  });
  if (mode & 0o027) throw new Error(`${file} is open to others than its owner: chmod 0600`);
  if (size > SECRET_LIMIT_BYTES || size === 0) throw new Error(`${file} holds no secret`);
  return readFile(file, "utf8").catch((error) => {
    throw code(error);
  });
}

function keyIn(pem: string, file: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    // The parser's message is about what the file holds.
    throw new Error(`${file} is no private key in PEM (PKCS #8)`);
  }
}

const CURVES: Readonly<Record<string, string>> = { prime256v1: "ES256", secp384r1: "ES384" };

function algorithmOf(key: KeyObject, file: string): string {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  if (type === "rsa") return "RS256";
  if (type === "ed25519") return "EdDSA";
  const alg = CURVES[details?.namedCurve ?? ""];
  if (alg === undefined) throw new Error(`${file} is neither RSA, P-256, P-384 nor Ed25519`);
  return alg;
}
