import { StsError } from "../errors.ts";

/** More fields, or longer names, than any client has reason to send. */
const FIELDS_LIMIT = 64;
const NAME_LIMIT_CHARACTERS = 128;

/** Bytes that may stand in a form as they are; everything else is percent-encoded. */
const PRINTABLE = /^[\x20-\x7e]*$/;

/** The fields of a form by name, each with all of its values in their order. */
export type Fields = ReadonlyMap<string, readonly string[]>;

/**
 * Reads `application/x-www-form-urlencoded` (RFC 6749 appendix B) strictly: what is not
 * percent-encoded UTF-8 is refused where others would put a replacement character.
 *
 * @throws StsError `request_invalid`
 */
export function readForm(bytes: Uint8Array): Fields {
  const text = Buffer.from(bytes).toString("latin1");
  if (!PRINTABLE.test(text)) throw invalid("a byte that must be percent-encoded");
  const fields = new Map<string, string[]>();
  if (text === "") return fields;
  // One more than allowed is enough to know.
  const pairs = text.split("&", FIELDS_LIMIT + 1);
  if (pairs.length > FIELDS_LIMIT) throw invalid("too many fields");
  for (const pair of pairs) {
    const at = pair.indexOf("=");
    const name = decode(at < 0 ? pair : pair.slice(0, at));
    if (name === "" || name.length > NAME_LIMIT_CHARACTERS)
      throw invalid("a name that is empty or too long");
    const values = fields.get(name) ?? [];
    values.push(at < 0 ? "" : decode(pair.slice(at + 1)));
    fields.set(name, values);
  }
  return fields;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch (cause) {
    throw invalid("percent-encoding or UTF-8 is broken", cause);
  }
}

function invalid(reason: string, cause?: unknown): StsError {
  return new StsError("request_invalid", { reason: `form: ${reason}` }, { cause });
}
