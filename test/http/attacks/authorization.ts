import { type Attack, ISSUED, message } from "./attack.ts";

const MISSING = ["401 token_missing"];
const MALFORMED = ["401 token_malformed"];

/** The value of an Authorization header, and what becomes of it (RFC 6750 §2.1, RFC 9110 §11.4). */
const VALUES: readonly (readonly [string, string, readonly string[]])[] = [
  ["the scheme in lower case", "bearer {token}", ISSUED],
  ["the scheme in upper case", "BEARER {token}", ISSUED],
  ["several blanks", "Bearer    {token}", ISSUED],
  ["blanks and a tab around it", " \tBearer {token} \t ", ISSUED],
  ["a tab after the scheme", "Bearer\t{token}", MISSING],
  ["a blank and a tab", "Bearer \t{token}", MALFORMED],
  ["no blank", "Bearer{token}", MISSING],
  ["the scheme alone", "Bearer", MISSING],
  ["the scheme and a blank", "Bearer ", MISSING],
  ["nothing", "", MISSING],
  ["the token alone", "{token}", MISSING],
  ["the scheme twice", "Bearer Bearer {token}", MALFORMED],
  ["a colon", "Bearer: {token}", MISSING],
  ["an equals sign", "Bearer token={token}", MALFORMED],
  ["a comma between two tokens", "Bearer {token}, Bearer {token}", MALFORMED],
  ["a comma after it", "Bearer {token},", MALFORMED],
  ["a comma before it", ", Bearer {token}", MISSING],
  ["a word after it", "Bearer {token} x", MALFORMED],
  ["a parameter after it", 'Bearer {token} realm="a"', MALFORMED],
  ["quotation marks", 'Bearer "{token}"', MALFORMED],
  ["angle brackets", "Bearer <{token}>", MALFORMED],
  ["padding", "Bearer {token}=", MALFORMED],
  ["an escape", "Bearer {token}%20", MALFORMED],
  ["a byte over 127 before it", "Bearer \xa0{token}", MALFORMED],
  ["a byte over 127 in the scheme", "B\xe9arer {token}", MISSING],
  ["another scheme", "Basic dTpw", MISSING],
  ["another scheme first", "Basic dTpw, Bearer {token}", MISSING],
  ["a scheme that begins like ours", "BearerX {token}", MISSING],
  ["the scheme of a proof", "DPoP {token}", ["401 token_binding_invalid"]],
  ["12,288 bytes", `Bearer ${"a".repeat(12_288)}`, MALFORMED],
  ["12,289 bytes", `Bearer ${"a".repeat(12_289)}`, ["401 token_too_large"]],
  ["20,000 dots", `Bearer a${".".repeat(12_000)}`, MALFORMED],
];

/** Each of them at the door that reads it, and at the one where nothing is to be there. */
export const AUTHORIZATIONS: readonly Attack[] = VALUES.flatMap(([name, value, answers]) => [
  {
    name: `${name} in Authorization`,
    bytes: message(["POST /v1/credentials HTTP/1.1", "Host: a", `Authorization:${value}`]),
    answers,
  },
  {
    name: `${name} in Authorization at the token endpoint`,
    bytes: message(["POST /oauth2/token HTTP/1.1", "Host: a", `Authorization:${value}`]),
    answers: ["401 client_auth_unsupported"],
  },
]);
