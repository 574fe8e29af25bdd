import { type Attack, BEARER, CRLF, ISSUED, LENGTH, message, post, REFUSED } from "./attack.ts";

const START = "POST /v1/credentials HTTP/1.1";

/** One more header line beside a good token. */
const line = (name: string, text: string, answers = REFUSED): Attack => ({
  name,
  bytes: post([text]),
  answers,
});

/** Header lines that are broken, doubled, or claim to come from somebody else. */
export const LINES: readonly Attack[] = [
  { name: "bare line feeds", bytes: post().replaceAll(CRLF, "\n"), answers: REFUSED },
  { name: "a bare line feed in the middle", bytes: post(["A: 1\nB: 2"]), answers: REFUSED },
  { name: "a bare carriage return", bytes: post(["A: 1\rB: 2"]), answers: REFUSED },
  {
    name: "carriage returns alone",
    bytes: `${post().replaceAll(CRLF, "\r")}`,
    answers: REFUSED,
  },
  line("a folded line", `A: 1${CRLF} Authorization: Bearer x`),
  line("a folded line with a tab", `A: 1${CRLF}\tb`),
  {
    name: "a token on a folded line",
    bytes: message([START, "Host: a", "Authorization: Bearer", " {token}"]),
    answers: REFUSED,
  },
  {
    name: "a blank before the first header",
    bytes: message([START, " Host: a", BEARER]),
    answers: REFUSED,
  },
  line("a header without a colon", "Authorization"),
  line("a header without a name", ": x"),
  line("a header name with a blank", "X Forwarded: x"),
  line("a header name with a null byte", "X\0: x"),
  line("a header name that is not ASCII", "\xc3\xa9: x"),
  line("a header name in brackets", "(x): x"),
  line("a null byte in a value", "A: \0"),
  line("a control character in a value", "A: \x01"),
  line("a delete in a value", "A: \x7f"),
  line("bytes over 127 in a value", "A: \xff\xfe", ISSUED),
  line("two Authorization lines, the second bad", "Authorization: Bearer x"),
  line("two Authorization lines, both good", BEARER),
  line("a second Authorization line that is empty", "Authorization:"),
  {
    name: "two Authorization lines, the first bad",
    bytes: message([START, "Host: a", "authorization: Bearer x", BEARER]),
    answers: REFUSED,
  },
  {
    name: "two Authorization lines with 2,500 others between",
    bytes: post([...Array.from({ length: 2500 }, () => "a:"), "Authorization: Bearer x"]),
    answers: REFUSED,
  },
  {
    name: "a token after 2,500 other lines",
    bytes: message([START, "Host: a", ...Array.from({ length: 2500 }, () => "a:"), BEARER]),
    answers: ISSUED,
  },
  line("two DPoP lines", `DPoP: a.b.c${CRLF}DPoP: a.b.c`),
  line("two Content-Type lines", `Content-Type: application/json${CRLF}Content-Type: text/plain`),
  line("two Host lines", "Host: b"),
  { name: "no Host", bytes: message([START, BEARER]), answers: REFUSED },
  { name: "an empty Host", bytes: message([START, "Host:", BEARER]), answers: ISSUED },
  line("20 kB of headers", `X-Long: ${"x".repeat(20_000)}`, ["431 headers_too_large"]),
  line("a header name of 20 kB", `${"x".repeat(20_000)}: x`, ["431 headers_too_large"]),
  {
    name: "20 kB of headers at the token endpoint",
    bytes: message(["POST /oauth2/token HTTP/1.1", "Host: a", `X-Long: ${"x".repeat(20_000)}`]),
    answers: ["431 headers_too_large"],
  },
  // Nobody is believed who he says he is, nor asked which request he really meant.
  ...[
    ...["X-Forwarded-User: admin", "X_Forwarded_User: admin", "X-Remote-User: admin"],
    ...["X-Forwarded-For: 10.0.0.1", "X-Real-IP: 10.0.0.1", "Forwarded: for=10.0.0.1;proto=https"],
    ...["X-Forwarded-Host: evil.test", "X-Forwarded-Proto: https", "X-Forwarded-Prefix: /x"],
    ...["X-Original-URL: /healthz", "X-Rewrite-URL: /healthz", "X-Forwarded-Uri: /healthz"],
    ...["X-HTTP-Method-Override: GET", "X-HTTP-Method: DELETE", "X-Method-Override: PUT"],
    ...["Content_Length: 5", "Connection: authorization", "Range: bytes=0-0", "TE: trailers"],
    ...["Cookie: access_token=x", "Proxy-Authorization: Basic dTpw", "If-None-Match: *"],
  ].map((text) => line(`${text} beside a good token`, text, ISSUED)),
  ...[
    "Authorization_: Bearer {token}",
    "X-Authorization: Bearer {token}",
    "X-Access-Token: {token}",
    "Proxy-Authorization: Bearer {token}",
    "Cookie: access_token={token}",
    "X-Forwarded-Access-Token: {token}",
    "X-Forwarded-User: worker",
  ].map(
    (text): Attack => ({
      name: `${text} in place of a token`,
      bytes: message([START, "Host: a", text]),
      answers: ["401 token_missing"],
    }),
  ),
  {
    name: "Authorization named by Connection, in place of a token",
    bytes: message([START, "Host: a", "Connection: authorization"]),
    answers: ["401 token_missing"],
  },
  {
    name: "a method override on a GET",
    bytes: message([
      "GET /v1/credentials HTTP/1.1",
      "Host: a",
      "X-HTTP-Method-Override: POST",
      BEARER,
    ]),
    answers: ["405 method_not_allowed"],
  },
  {
    name: "a path override on a path that is open",
    bytes: message(["GET /healthz HTTP/1.1", "Host: a", "X-Original-URL: /v1/credentials", BEARER]),
    answers: ["200"],
  },
  line("an expectation that is unknown", "Expect: 200-ok"),
  line("an expectation that is ours", "Expect: 100-continue", ["100", "200"]),
  {
    name: "a body that waits for a 100 and has no token",
    bytes: message([START, "Host: a", "Expect: 100-continue", LENGTH], "{}"),
    answers: ["100", "401 token_missing"],
  },
];
