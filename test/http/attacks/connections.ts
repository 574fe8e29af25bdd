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

const UPGRADE = ["Connection: Upgrade", "Upgrade: websocket"];
const START = "POST /v1/credentials HTTP/1.1";
const MISSING = "401 token_missing";
const refused = message([START, "Host: a"]);
const broken = `broken${CRLF}${CRLF}`;

/** Several requests on one connection: each is answered as itself, in its turn. */
export const PIPELINES: readonly Attack[] = [
  { name: "two good requests", bytes: post() + post(), answers: ["200", "200"] },
  {
    name: "a good request after a refused one",
    bytes: refused + post(),
    answers: [MISSING, "200"],
  },
  {
    name: "a refused request after a good one",
    bytes: post() + refused,
    answers: ["200", MISSING],
  },
  { name: "broken bytes after a good request", bytes: post() + broken, answers: ISSUED },
  { name: "broken bytes after a refused request", bytes: refused + broken, answers: [MISSING] },
  { name: "a good request after broken bytes", bytes: broken + post(), answers: REFUSED },
  {
    name: "a good request in the body of a refused one",
    bytes: message([START, "Host: a", LENGTH], post()),
    answers: [MISSING],
  },
  {
    name: "a good request in the body of a GET",
    bytes: message(["GET /healthz HTTP/1.1", "Host: a", LENGTH], post()),
    answers: ["200"],
  },
  {
    name: "a good request in the body of one for nothing",
    bytes: message(["POST /nothing HTTP/1.1", "Host: a", LENGTH], post()),
    answers: ["404 not_found"],
  },
  {
    name: "a good request after a body that is no JSON",
    bytes: post([JSON_TYPE, "Content-Length: 1"], "{") + post(),
    answers: REFUSED,
  },
  {
    name: "a good request after a body over the limit",
    bytes: post([JSON_TYPE, "Content-Length: 70000"], "x".repeat(70_000)) + post(),
    answers: ["413 body_too_large"],
  },
  {
    name: "a good request after the last one",
    bytes: post(["Connection: close"]) + post(),
    answers: ISSUED,
  },
  {
    name: "a good request after an upgrade",
    bytes: post(UPGRADE) + post(),
    answers: ISSUED,
  },
  {
    name: "fifteen requests without a token, and a good one",
    bytes: refused.repeat(15) + post(),
    answers: [...Array.from({ length: 15 }, () => MISSING), "200"],
  },
];

/** What never arrives as a whole: the time limit of a request ends it. */
export const SLOW: readonly Attack[] = [
  { name: "a request line that stops", bytes: "POST /v1/cred", answers: REFUSED },
  { name: "headers that stop", bytes: `${START}${CRLF}Host: a${CRLF}`, answers: REFUSED },
  { name: "a header that drips", bytes: `${START}${CRLF}X: `, drip: "x", answers: REFUSED },
  {
    name: "headers that drip",
    bytes: `${START}${CRLF}Host: a${CRLF}`,
    drip: `a:${CRLF}`,
    answers: REFUSED,
  },
  {
    name: "a body that stops",
    bytes: post([JSON_TYPE, "Content-Length: 10"], "{"),
    answers: REFUSED,
  },
  {
    name: "a body that drips",
    bytes: post([JSON_TYPE, "Content-Length: 1000"], "{"),
    drip: " ",
    answers: REFUSED,
  },
  {
    name: "chunks that drip",
    bytes: post([JSON_TYPE, "Transfer-Encoding: chunked"]),
    drip: `1${CRLF} ${CRLF}`,
    answers: REFUSED,
  },
  {
    name: "trailers that drip",
    bytes: post(["Transfer-Encoding: chunked"], `0${CRLF}`),
    drip: `a: b${CRLF}`,
    answers: REFUSED,
  },
  {
    name: "the body of a refused request that drips",
    bytes: message([START, "Host: a", "Content-Length: 1000"]),
    drip: " ",
    answers: [MISSING],
  },
  {
    name: "a second request that stops",
    bytes: `${post()}${START}${CRLF}${BEARER}${CRLF}`,
    answers: ["200", "400 request_invalid"],
  },
];
