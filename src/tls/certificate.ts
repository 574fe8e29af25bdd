import { createHash, createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { createSecureContext, type SecureContextOptions } from "node:tls";

/** By which a listener is known, and whose callers' certificates it believes. Never changed, only replaced. */
export interface Certificate {
  /**
   * Everything that Node has to know, whole each time: what is left out of a renewal falls back to
   * Node's defaults, where callers with any public certificate would be believed (CVE-2024-23656 was
   * such a gap). A function, so that printing this shows no key.
   */
  context(): SecureContextOptions;
  /** Whether callers need a certificate of their own. */
  readonly callers_need_one: boolean;
  /** Of the chain as a whole. Unix seconds. */
  readonly not_before: number;
  readonly not_after: number;
  /** Equal for equal certificates and authorities, and so for equal keys. */
  readonly mark: string;
}

/** What is wrong, and with which of the files. */
export interface CertificateFault {
  readonly at: "cert_file" | "key_file" | "client_ca_file";
  readonly fault: string;
}

/** A private key in PEM, and the same as Node takes it. */
export interface PrivateKey {
  readonly pem: Buffer;
  readonly key: KeyObject;
}

const BLOCK = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/** The certificates in a PEM file, in their order; text around them is passed over, as everybody does. */
export function certificatesIn(bytes: Uint8Array): X509Certificate[] | { readonly fault: string } {
  const text = Buffer.from(bytes).toString("latin1");
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text))
    return { fault: "holds a private key: keep it in key_file alone" };
  const blocks = text.match(BLOCK) ?? [];
  if (blocks.length === 0 || blocks.length !== text.split("-----BEGIN ").length - 1)
    return { fault: "must hold certificates in PEM and nothing else" };
  try {
    return blocks.map((block) => new X509Certificate(block));
  } catch {
    return { fault: "holds a certificate that cannot be read" };
  }
}

/** The private key in a PEM file. */
export function privateKeyIn(content: Uint8Array): PrivateKey | { readonly fault: string } {
  const pem = Buffer.from(content); // what is handed in is wiped
  try {
    return { pem, key: createPrivateKey(pem) };
  } catch {
    // The parser's message is about what the file holds.
    const encrypted = pem.includes("ENCRYPTED");
    pem.fill(0);
    return {
      fault: encrypted
        ? "is encrypted, and there is no way to give its passphrase: store it decrypted, mode 0600"
        : "must hold a private key in PEM",
    };
  }
}

/**
 * Puts a chain, its key and the callers' authorities together.
 *
 * @param chain the listener's own certificate first
 * @param authorities absent where callers need no certificate
 */
export function certificateOf(
  chain: readonly X509Certificate[],
  { pem, key }: PrivateKey,
  authorities?: readonly X509Certificate[],
): Certificate | CertificateFault {
  const misfit = misfitOf(chain, key);
  if (misfit !== undefined) return misfit;
  const believed = authorities?.find((each) => !each.ca && !each.checkIssued(each));
  if (believed)
    return { at: "client_ca_file", fault: "holds a certificate that is of no authority" };
  // As it was parsed, not as it was written: what was checked is what is used.
  const cert = pemOf(chain);
  const ca = authorities && pemOf(authorities);
  const context = (): SecureContextOptions => ({
    cert,
    key: pem,
    ...(ca !== undefined && { ca }),
    minVersion: "TLSv1.2",
  });
  try {
    createSecureContext(context());
  } catch (error) {
    const { reason = "unknown" } = error as { reason?: string }; // of OpenSSL's own list
    return { at: "cert_file", fault: `cannot be used for TLS (${reason})` };
  }
  return {
    context,
    callers_need_one: ca !== undefined,
    not_before: Math.max(...chain.map(({ validFrom }) => unixSeconds(validFrom))),
    not_after: Math.min(...chain.map(({ validTo }) => unixSeconds(validTo))),
    mark: createHash("sha256")
      .update(JSON.stringify([cert, ca]))
      .digest("hex"),
  };
}

/** What a certificate is at this time, where it is not valid; a sentence without its subject. */
export function untimely(
  { not_before, not_after }: Pick<Certificate, "not_before" | "not_after">,
  now_s: number,
): string | undefined {
  const at = (seconds: number) => new Date(seconds * 1000).toISOString();
  if (now_s >= not_after) return `has expired at ${at(not_after)}`;
  return now_s < not_before ? `is not valid before ${at(not_before)}` : undefined;
}

function misfitOf(chain: readonly X509Certificate[], key: KeyObject): CertificateFault | undefined {
  const place = chain.findIndex((each) => each.checkPrivateKey(key));
  if (place === 0) return undefined;
  return place > 0
    ? { at: "cert_file", fault: "must begin with the certificate of the key, its issuers after it" }
    : { at: "key_file", fault: "does not fit the certificate" };
}

const pemOf = (certificates: readonly X509Certificate[]) => certificates.map(String).join("");

const unixSeconds = (text: string) => Math.floor(Date.parse(text) / 1000);
