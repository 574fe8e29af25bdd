import { generateKeyPairSync, sign } from "node:crypto";

/** A certificate for 127.0.0.1 that signs itself, and its key, both PEM. Node makes none. */
export function selfSigned(): { readonly cert: string; readonly key: string } {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const name = seq(set(seq(oid(0x55, 4, 3), der(0x0c, Buffer.from("loopback")))));
  const body = seq(
    der(0xa0, der(0x02, [2])), // version 3
    der(0x02, [1]),
    ECDSA_WITH_SHA256,
    name,
    seq(time("20200101000000Z"), time("20990101000000Z")),
    name,
    publicKey.export({ type: "spki", format: "der" }),
    der(
      0xa3,
      seq(
        extension(oid(0x55, 29, 17), seq(der(0x87, [127, 0, 0, 1]))), // subjectAltName: an address
        extension(oid(0x55, 29, 19), seq(der(0x01, [0xff]))), // basicConstraints: a CA
      ),
    ),
  );
  const signature = der(0x03, Buffer.concat([Buffer.of(0), sign("sha256", body, privateKey)]));
  const base64 = seq(body, ECDSA_WITH_SHA256, signature).toString("base64");
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${base64.replace(/.{64}/g, "$&\n")}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}

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
const time = (text: string) => der(0x18, Buffer.from(text));
const extension = (id: Buffer, value: Buffer) => seq(id, der(0x04, value));
const ECDSA_WITH_SHA256 = seq(oid(0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2));
