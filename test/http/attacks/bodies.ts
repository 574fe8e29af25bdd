import {
  type Attack,
  ISSUED,
  JSON_TYPE,
  LENGTH,
  post,
  postBody,
  postForm,
  REFUSED,
} from "./attack.ts";

const UNSUPPORTED: readonly string[] = ["415 content_type_unsupported"];

/** An empty wish under this content type. */
const type = (value: string, answers = UNSUPPORTED): Attack => ({
  name: `the content type ${JSON.stringify(value)}`,
  bytes: postBody("{}", `Content-Type: ${value}`),
  answers,
});

/** A form under this content type. */
const formType = (value: string, answers = UNSUPPORTED): Attack => ({
  name: `a form as ${JSON.stringify(value)}`,
  bytes: postForm("{form}", value),
  answers,
});

/** A body as JSON. */
const json = (name: string, body: string, answers = REFUSED): Attack => ({
  name: `JSON with ${name}`,
  bytes: postBody(body),
  answers,
});

const form = (name: string, body: string, answers = REFUSED): Attack => ({
  name: `a form with ${name}`,
  bytes: postForm(body),
  answers,
});

const nested = (levels: number) => `{"account":${"[".repeat(levels)}${"]".repeat(levels)}}`;

/** What stands in a body, and what it says that it is. */
export const BODIES: readonly Attack[] = [
  type("application/json; charset=utf-8", ISSUED),
  type("APPLICATION/JSON", ISSUED),
  type("application/json;", ISSUED),
  type("application/json\t; x=y", ISSUED),
  type("application/json; charset=utf-16", ISSUED),
  type("application/json; boundary=x", ISSUED),
  type("application/json, text/plain"),
  type("text/plain, application/json"),
  type("application/jsonx"),
  type("application/json x"),
  type("application /json"),
  type("application/json\xa0", ISSUED),
  type("application/problem+json"),
  type("application/x-www-form-urlencoded"),
  type("multipart/form-data; boundary=application/json"),
  type("multipart/form-data"),
  type("text/json"),
  type("text/plain; a=application/json"),
  type("application"),
  type("*/*"),
  type("__proto__/constructor"),
  type(""),
  { name: "a body without a content type", bytes: post([LENGTH], "{}"), answers: UNSUPPORTED },
  {
    name: "a compressed body",
    bytes: post([JSON_TYPE, "Content-Encoding: gzip", "Content-Length: 2"], "{}"),
    answers: UNSUPPORTED,
  },
  formType("application/x-www-form-urlencoded", ISSUED),
  formType("application/x-www-form-urlencoded; charset=utf-8", ISSUED),
  formType("application/json"),
  formType("multipart/form-data; boundary=x"),
  formType("text/plain"),
  formType("application/x-www-form-urlencoded, application/json"),
  json("a byte order mark", "\xef\xbb\xbf{}", ISSUED),
  json("a null byte", "{}\0"),
  json("two documents", "{}{}"),
  json("a comment", "{/**/}"),
  json("a comma too many", '{"ttl_s":60,}'),
  json("a member twice", '{"ttl_s":60,"ttl_s":3600}'),
  json("a member twice, in two spellings", '{"ttl_s":60,"ttl\\u005fs":3600}'),
  json("a member twice in an object within", '{"account":{"a":1,"a":2}}'),
  json("a prototype", '{"__proto__":{"roles":["x"]}}'),
  json("a prototype, in another spelling", '{"\\u005f_proto__":{}}'),
  json("a prototype at depth", '{"roles":[{"a":{"__proto__":{"b":1}}}]}'),
  json("a constructor", '{"constructor":{"prototype":{"roles":["x"]}}}'),
  json("a constructor at depth", '{"roles":[{"constructor":{"prototype":{}}}]}'),
  json("20,000 levels", nested(20_000)),
  json("20,000 levels that never end", `{"account":${"[".repeat(20_000)}`),
  json("20,000 objects in each other", `${'{"a":'.repeat(9_000)}1${"}".repeat(9_000)}`),
  json("a number beyond all numbers", '{"ttl_s":1e400}'),
  json("a number of 10,000 digits", `{"ttl_s":${"9".repeat(10_000)}}`),
  json("a number below zero", '{"ttl_s":-60}'),
  json("a number that is none", '{"ttl_s":NaN}'),
  json("a number in hexadecimal", '{"ttl_s":0x40}'),
  json("a number as a fraction that is whole", '{"ttl_s":60.0}', ISSUED),
  json("a long lifetime", '{"ttl_s":9007199254740991}', ISSUED),
  json("a lifetime that no number holds exactly", '{"ttl_s":9007199254740993}'),
  json("half a surrogate pair", '{"account":"\\ud800"}', ["403 account_not_granted"]),
  json("a null byte in a name", '{"account":"ORDERS\\u0000"}', ["403 account_not_granted"]),
  json("bytes that are not UTF-8", '{"account":"\xff"}'),
  json("UTF-16", "{\0}\0"),
  json("1,001 subjects", JSON.stringify({ publish: Array.from({ length: 1001 }, () => "a") })),
  json("101 roles", JSON.stringify({ roles: Array.from({ length: 101 }, () => "a") })),
  json("a subject of 1,025 characters", JSON.stringify({ publish: ["a".repeat(1025)] })),
  json("70 kB", `{"account":"${"x".repeat(70_000)}"}`, ["413 body_too_large"]),
  form("a parameter twice", "{form}&grant_type=x"),
  form("a token twice", "{form}&subject_token=x"),
  form("a name in two spellings", "{form}&subject%5Ftoken=x"),
  form("a prototype", "{form}&__proto__=x", ISSUED),
  form("a prototype in brackets", "{form}&a[__proto__][b]=x", ISSUED),
  form("65 fields", `{form}${"&a=b".repeat(65)}`),
  form("20,000 ampersands", "&".repeat(20_000)),
  form("half an escape", "{form}&a=%e"),
  form("an escape that is not UTF-8", "{form}&a=%ff"),
  form("a null byte", "{form}&a=\0"),
  form("a line break", "{form}\r\n"),
  form("JSON", '{"grant_type":"urn:ietf:params:oauth:grant-type:token-exchange"}'),
  form("70 kB", `{form}&a=${"x".repeat(70_000)}`, ["413 body_too_large"]),
];
