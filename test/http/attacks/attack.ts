/** Bytes that somebody could send, and what has to come back. */
export interface Attack {
  readonly name: string;
  /**
   * One character a byte. `{token}` becomes a good token, `{form}` a good form with one, and
   * `{length}` the length of all that follows the first empty line.
   */
  readonly bytes: string;
  /** Sent over and over, a little apart, until the connection ends. */
  readonly drip?: string;
  /**
   * Each answer in its order, such as `400 request_invalid` or `200`; none where the connection ends
   * without a word. A 200 stands only where the request is a legitimate one.
   */
  readonly answers: readonly string[];
}

export const CRLF = "\r\n";
export const BEARER = "Authorization: Bearer {token}";
export const JSON_TYPE = "Content-Type: application/json";
export const REFUSED: readonly string[] = ["400 request_invalid"];
export const ISSUED: readonly string[] = ["200"];

/** A request as it is written: its lines, an empty one, and whatever follows. */
export const message = (lines: readonly string[], body = "") => [...lines, "", body].join(CRLF);

/** `POST /v1/credentials` with a good token, these further header lines, and what follows. */
export const post = (headers: readonly string[] = [], body = "") =>
  message(["POST /v1/credentials HTTP/1.1", "Host: a", BEARER, ...headers], body);

export const LENGTH = "Content-Length: {length}";

/** The same with a body, and with its true length. */
export const postBody = (body: string, type = JSON_TYPE) => post([type, LENGTH], body);

/** `POST /oauth2/token` with this body. */
export const postForm = (body: string, type = "application/x-www-form-urlencoded") =>
  message(["POST /oauth2/token HTTP/1.1", "Host: a", `Content-Type: ${type}`, LENGTH], body);

/** An attack with a token in it, and with the length that is true of it then. */
export function filled(attack: Attack, token: string, form: string): Attack {
  const text = attack.bytes.replaceAll("{form}", form).replaceAll("{token}", token);
  const length = text.length - text.indexOf(CRLF + CRLF) - 2 * CRLF.length;
  return { ...attack, bytes: text.replace("{length}", String(length)) };
}
