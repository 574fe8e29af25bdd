/**
 * The nkey text form: base32 (RFC 4648 §6, no padding) over prefix, 32 key bytes and a CRC-16.
 * Everything works on bytes, so that a signing seed never becomes a string on the heap.
 *
 * @see https://docs.nats.io/running-a-nats-service/configuration/securing_nats/auth_intro/nkey_auth
 */

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** Prefix bytes: the letter that they become in base32 is the kind of the key. */
const PREFIX = {
  operator: 14 << 3,
  account: 0,
  user: 20 << 3,
  server: 13 << 3,
  cluster: 2 << 3,
  curve: 23 << 3,
};
const SEED_PREFIX = 18 << 3;

export type NkeyKind = keyof typeof PREFIX;

/** A seed as text is 58 characters: two prefix bytes, 32 seed bytes, two CRC bytes. */
export const SEED_CHARACTERS = 58;

/** Base32 without padding, upper case. */
export function base32(bytes: Uint8Array): string {
  return Buffer.from(base32Ascii(bytes)).toString("latin1");
}

/** The same as ASCII bytes, for what must not become a string. */
function base32Ascii(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(Math.ceil((bytes.length * 8) / 5));
  let held = 0;
  let bits = 0;
  let at = 0;
  for (const byte of bytes) {
    held = ((held << 8) | byte) & 0xfff;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      out[at++] = ALPHABET.charCodeAt((held >> bits) & 31);
    }
  }
  if (bits > 0) out[at] = ALPHABET.charCodeAt((held << (5 - bits)) & 31);
  return out;
}

/** The bytes of base32 text given as ASCII bytes; undefined where a character or its bits do not fit. */
export function fromBase32(ascii: Uint8Array): Uint8Array | undefined {
  const out = new Uint8Array((ascii.length * 5) >> 3);
  let held = 0;
  let bits = 0;
  let at = 0;
  for (const code of ascii) {
    const value = code >= 65 && code <= 90 ? code - 65 : code >= 50 && code <= 55 ? code - 24 : -1;
    if (value < 0) return wiped(out);
    held = ((held << 5) | value) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      out[at++] = (held >> bits) & 255;
    }
  }
  return (held & ((1 << bits) - 1)) === 0 ? out : wiped(out);
}

/** What was decoded so far may be most of a seed. */
function wiped(bytes: Uint8Array): undefined {
  bytes.fill(0);
}

/** The 56 characters of a public nkey. */
export function encodePublicKey(kind: NkeyKind, raw: Uint8Array): string {
  return base32(withCrc([PREFIX[kind]], raw));
}

/** The 32 bytes of a public nkey of this kind; undefined for anything else (length, case, prefix, CRC). */
export function decodePublicKey(kind: NkeyKind, text: string): Uint8Array | undefined {
  // As ASCII, letters beyond it would become others.
  if (!/^[A-Z2-7]{56}$/.test(text)) return undefined;
  const bytes = fromBase32(Buffer.from(text, "latin1"));
  return bytes && bytes[0] === PREFIX[kind] && crcFits(bytes) ? bytes.subarray(1, 33) : undefined;
}

/** The text of a seed. Only for keys that leave with the answer. */
export function encodeSeed(kind: NkeyKind, raw: Uint8Array): string {
  return Buffer.from(encodeSeedAscii(kind, raw)).toString("latin1");
}

/** The same as ASCII bytes, for keys that stay. The caller wipes them. */
export function encodeSeedAscii(kind: NkeyKind, raw: Uint8Array): Uint8Array {
  const prefix = PREFIX[kind];
  const bytes = withCrc([SEED_PREFIX | (prefix >> 5), (prefix & 31) << 3], raw);
  try {
    return base32Ascii(bytes);
  } finally {
    bytes.fill(0);
  }
}

/** The kind and the 32 bytes of a seed given as ASCII bytes; undefined where it is none. The caller wipes them. */
export function decodeSeed(ascii: Uint8Array): { kind: NkeyKind; raw: Uint8Array } | undefined {
  if (ascii.length !== SEED_CHARACTERS) return undefined;
  const bytes = fromBase32(ascii);
  if (!bytes) return undefined;
  const [first = 0, second = 0] = bytes;
  const prefix = ((first & 7) << 5) | (second >> 3);
  const kind = (Object.keys(PREFIX) as NkeyKind[]).find((name) => PREFIX[name] === prefix); // its own keys
  const fits = (first & 0xf8) === SEED_PREFIX && crcFits(bytes) && kind !== undefined;
  const raw = fits ? bytes.slice(2, 34) : undefined;
  bytes.fill(0);
  return raw && kind ? { kind, raw } : undefined;
}

/** Prefix, key and CRC in one array: a copy on the way would be one more to wipe. */
function withCrc(prefix: readonly number[], raw: Uint8Array): Uint8Array {
  const end = prefix.length + raw.length;
  const bytes = new Uint8Array(end + 2);
  bytes.set(prefix);
  bytes.set(raw, prefix.length);
  const crc = crc16(bytes.subarray(0, end));
  bytes.set([crc & 255, crc >> 8], end);
  return bytes;
}

function crcFits(bytes: Uint8Array): boolean {
  const end = bytes.length - 2;
  return crc16(bytes.subarray(0, end)) === ((bytes[end] ?? 0) | ((bytes[end + 1] ?? 0) << 8));
}

/** CRC-16/XMODEM, as nkeys use it. */
function crc16(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++)
      crc = crc & 0x8000 ? ((crc << 1) ^ 0x1021) & 0xffff : (crc << 1) & 0xffff;
  }
  return crc;
}
