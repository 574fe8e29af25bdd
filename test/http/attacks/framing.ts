import {
  type Attack,
  BEARER,
  CRLF,
  ISSUED,
  JSON_TYPE,
  LENGTH,
  message,
  post,
  REFUSED,
} from "./attack.ts";

const CHUNKED = "Transfer-Encoding: chunked";

/** A request that must never be taken for one of its own: it would be answered with a credential. */
const HIDDEN = post();

/** A length as it is written, before a body of two bytes. */
const length = (name: string, value: string, answers = REFUSED): Attack => ({
  name: `a Content-Length ${name}`,
  bytes: post([JSON_TYPE, `Content-Length:${value}`], "{}"),
  answers,
});

/** A transfer coding as it is written, before an empty chunked body and a hidden request. */
const coding = (name: string, line: string, answers = REFUSED): Attack => ({
  name: `a Transfer-Encoding ${name}`,
  bytes: post([JSON_TYPE, line], `0${CRLF}${CRLF}`),
  answers,
});

/** A chunked body as it is written. */
const chunked = (name: string, body: string, answers = REFUSED): Attack => ({
  name: `a chunked body ${name}`,
  bytes: post([JSON_TYPE, CHUNKED], body),
  answers,
});

/** Where a request ends, told in two ways or in none that is clear (RFC 9112 §6.3, §7.1, §11.2). */
export const FRAMING: readonly Attack[] = [
  {
    name: "a length and chunks",
    bytes: post([LENGTH, CHUNKED], `0${CRLF}${CRLF}${HIDDEN}`),
    answers: REFUSED,
  },
  {
    name: "chunks and a length",
    bytes: post([CHUNKED, "Content-Length: 5"], `0${CRLF}${CRLF}${HIDDEN}`),
    answers: REFUSED,
  },
  {
    name: "two lengths that differ",
    bytes: post(["Content-Length: 0", LENGTH], HIDDEN),
    answers: REFUSED,
  },
  {
    name: "two lengths that agree",
    bytes: post([JSON_TYPE, "Content-Length: 2", "Content-Length: 2"], "{}"),
    answers: REFUSED,
  },
  length("with blanks around it", "  2  ", ISSUED),
  length("that is a list", " 2, 2"),
  length("with a sign", " +2"),
  length("below zero", " -1"),
  length("with a blank within", " 2 2"),
  length("in hexadecimal", " 0x2"),
  length("with a fraction", " 2.0"),
  length("with an exponent", " 2e0"),
  length("in other digits", " \xd9\xa2"),
  length("that is empty", ""),
  length("with a null byte", " 2\0"),
  length("beyond all numbers", " 99999999999999999999"),
  length("over the limit", " 70000", ["413 body_too_large"]),
  {
    name: "a length that is too short for its body",
    bytes: post([JSON_TYPE, "Content-Length: 2"], "{}{}"),
    answers: ISSUED,
  },
  {
    name: "a length with a blank before the colon",
    bytes: post(["Content-Length : 2"], "{}"),
    answers: REFUSED,
  },
  coding("in upper case", "TRANSFER-ENCODING: CHUNKED", ISSUED),
  coding("that is unknown", "Transfer-Encoding: xchunked"),
  coding("of identity alone", "Transfer-Encoding: identity"),
  coding("that ends in identity", "Transfer-Encoding: chunked, identity"),
  coding("that begins with identity", "Transfer-Encoding: identity, chunked"),
  coding("that is compressed", "Transfer-Encoding: gzip, chunked"),
  coding("twice in a line", "Transfer-Encoding: chunked, chunked"),
  coding("twice in two lines", `Transfer-Encoding: chunked${CRLF}Transfer-Encoding: chunked`),
  coding("and another", `Transfer-Encoding: chunked${CRLF}Transfer-Encoding: identity`),
  coding("with a parameter", "Transfer-Encoding: chunked;q=1"),
  coding("with a vertical tab", "Transfer-Encoding: \x0bchunked"),
  coding("with a null byte", "Transfer-Encoding: chunked\0"),
  coding("in quotes", 'Transfer-Encoding: "chunked"'),
  coding("with a blank before the colon", "Transfer-Encoding : chunked"),
  coding("with an underscore, which is another header", "Transfer_Encoding: chunked", ISSUED),
  coding("on a folded line", `Transfer-Encoding:${CRLF} chunked`),
  coding("that is empty", "Transfer-Encoding:"),
  {
    name: "chunks in HTTP/1.0",
    bytes: message(["POST /v1/credentials HTTP/1.0", BEARER, CHUNKED], `0${CRLF}${CRLF}`),
    answers: REFUSED,
  },
  chunked("of two chunks", `1${CRLF}{${CRLF}1${CRLF}}${CRLF}0${CRLF}${CRLF}`, ISSUED),
  chunked("with zeros before the size", `0002${CRLF}{}${CRLF}000${CRLF}${CRLF}`, ISSUED),
  chunked("with a size in 0x", `0x2${CRLF}{}${CRLF}0${CRLF}${CRLF}`),
  chunked("with a size below zero", `-2${CRLF}{}${CRLF}0${CRLF}${CRLF}`),
  chunked("with a size that is no number", `g${CRLF}{}${CRLF}0${CRLF}${CRLF}`),
  chunked("with a size beyond all numbers", `${"f".repeat(17)}${CRLF}{}`),
  chunked("without a size", `${CRLF}{}${CRLF}0${CRLF}${CRLF}`),
  chunked("that is longer than its size", `1${CRLF}{}${CRLF}0${CRLF}${CRLF}`),
  chunked("that is shorter than its size", `3${CRLF}{}${CRLF}0${CRLF}${CRLF}`),
  chunked("with bare line feeds", "2\n{}\n0\n\n"),
  chunked("with a line feed after the size", `2\n{}${CRLF}0${CRLF}${CRLF}`),
  chunked("with a line feed after the data", `2${CRLF}{}\n0${CRLF}${CRLF}`),
  chunked("with an extension", `2;a=b${CRLF}{}${CRLF}0${CRLF}${CRLF}`, ISSUED),
  chunked("with a line feed in an extension", `2;a\nb${CRLF}{}${CRLF}0${CRLF}${CRLF}`),
  chunked("with an extension of 20 kB", `2;${"a".repeat(20_000)}${CRLF}{}${CRLF}0${CRLF}${CRLF}`),
  chunked("over the limit", `11170${CRLF}${"x".repeat(70_000)}${CRLF}0${CRLF}${CRLF}`, [
    "413 body_too_large",
  ]),
  chunked("with a trailer", `0${CRLF}X-Later: 1${CRLF}${CRLF}`, ISSUED),
  chunked("with a token in a trailer", `0${CRLF}Authorization: Bearer x${CRLF}${CRLF}`, ISSUED),
  chunked("with a length in a trailer", `0${CRLF}Content-Length: 9${CRLF}${CRLF}`),
  {
    name: "a token that comes only in a trailer",
    bytes: message(
      ["POST /v1/credentials HTTP/1.1", "Host: a", CHUNKED],
      `0${CRLF}Authorization: Bearer {token}${CRLF}${CRLF}`,
    ),
    answers: ["401 token_missing"],
  },
];
