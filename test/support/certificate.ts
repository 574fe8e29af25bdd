import { generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";

/** A certificate and its key, both PEM, and what it takes to issue others with it. */
export interface Made {
  readonly cert: string;
  readonly key: string;
  readonly name: string;
  readonly private_key: KeyObject;
}

export interface Wanted {
  readonly name?: string;
  /** Who signs it; without it, it signs itself. */
  readonly by?: Made;
  /** Without it, whatever has `by` is no authority. */
  readonly ca?: boolean;
  /** As ITU-T X.680 has it: YYYYMMDDhhmmssZ. */
  readonly from?: string;
  readonly until?: string;
  /** Of an elliptic curve; a new one on P-256 where absent. */
  readonly pair?: { readonly publicKey: KeyObject; readonly privateKey: KeyObject };
}

/** A certificate for 127.0.0.1 that signs itself, and its key, both PEM. */
export const selfSigned = (): Made => makeCertificate({});

/** Makes a certificate for 127.0.0.1, as Node itself cannot. */
export function makeCertificate(wanted: Wanted): Made {
  const { name = "loopback", by, ca = !by, from = "20200101000000Z" } = wanted;
  const { until = "20990101000000Z", pair = newPair() } = wanted;
  const { publicKey, privateKey } = pair;
  const body = seq(
    der(0xa0, der(0x02, [2])), // version 3
    der(0x02, [1, ...randomBytes(8)]), // its serial number
    ECDSA_WITH_SHA256,
    called(by?.name ?? name),
    seq(time(from), time(until)),
    called(name),
    publicKey.export({ type: "spki", format: "der" }),
    der(
      0xa3,
      seq(
        extension(oid(0x55, 29, 17), seq(der(0x87, [127, 0, 0, 1]))), // subjectAltName: an address
        ...(ca ? [extension(oid(0x55, 29, 19), seq(der(0x01, [0xff])))] : []), // basicConstraints: a CA
      ),
    ),
  );
  const signed_by = by?.private_key ?? privateKey;
  const signature = der(0x03, Buffer.concat([Buffer.of(0), sign("sha256", body, signed_by)]));
  const base64 = seq(body, ECDSA_WITH_SHA256, signature).toString("base64");
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${base64.replace(/.{64}/g, "$&\n")}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    name,
    private_key: privateKey,
  };
}

const newPair = () => generateKeyPairSync("ec", { namedCurve: "P-256" });

/** ITU-T X.690: a tag, the length, and what is in it. */
function der(tag: number, content: readonly number[] | Buffer): Buffer {
  const bytes = Buffer.from(content);
  const size = bytes.length;
  const length = size < 128 ? [size] : [0x82, size >> 8, size & 0xff];
  return Buffer.concat([Buffer.of(tag, ...length), bytes]);
}

const seq = (...parts: readonly Buffer[]) => der(0x30, Buffer.concat(parts));
const set = (...parts: readonly Buffer[]) => der(0x31, Buffer.concat(parts));
const oid = (...bytes: readonly number[]) => der(0x06, bytes);
const called = (name: string) => seq(set(seq(oid(0x55, 4, 3), der(0x0c, Buffer.from(name)))));
const time = (text: string) => der(0x18, Buffer.from(text));
const extension = (id: Buffer, value: Buffer) => seq(id, der(0x04, value));
const ECDSA_WITH_SHA256 = seq(oid(0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2));
