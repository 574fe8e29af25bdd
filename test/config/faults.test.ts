import assert from "node:assert/strict";
import { test } from "node:test";
import { faultsOf, LEAST, other } from "./support.ts";

const SCHEMA: readonly [what: string, more: string, ...faults: string[]][] = [
  ["an unknown key", "max_tll: 1h", '7:1 unknown key "max_tll": did you mean "max_ttl"?'],
  [
    "a number for an address",
    "listen: 8080",
    "7:1 must be HOST:PORT, such as 127.0.0.1:8080 or [::1]:8080",
  ],
  ["a port that is none", "listen: h:99999", "7:1 must be HOST:PORT with a port up to 65535"],
  ["a word for a truth", "plaintext: yes", "7:1 must be true or false"],
  ["a text for a list", "trusted_proxies: 10.0.0.0/8", "7:1 must be a list"],
  ["nothing for a list", "servers:", "7:1 must be a list"],
  ["no servers at all", "servers: []", "7:1 must have at least 1 of them"],
  ["a text for a map", "limits: none", "7:1 must be a map: lines of key: value"],
  [
    "a number out of range",
    "limits: { body_bytes: 0 }",
    "7:11 must be a whole number from 1 to 16777216",
  ],
  [
    "a number with a fraction",
    "limits: { rate_keys: 1.5 }",
    "7:11 must be a whole number from 1 to 10000000",
  ],
  [
    "a number in quotes",
    'limits: { token_bytes: "5" }',
    "7:11 must be a whole number from 1 to 1048576",
  ],
  [
    "a user in a server",
    "servers: [nats://u:p@h]",
    "7:11 must be the URL of a NATS server, such as nats://127.0.0.1:4222, without user and password",
  ],
  [
    "an address without prefix",
    "trusted_proxies: [10.0.0.1]",
    "7:19 must be a network in CIDR form, such as 10.0.0.0/8",
  ],
  [
    "a prefix too long",
    'trusted_proxies: [10.0.0.0/8, 10.0.0.0/33, "fd00::/129"]',
    "7:31 must be a network in CIDR form, such as 10.0.0.0/8",
    "7:44 must be a network in CIDR form, such as 10.0.0.0/8",
  ],
  [
    "a zone in a network",
    'trusted_proxies: ["fe80::1%eth0/64"]',
    "7:19 must be a network in CIDR form, such as 10.0.0.0/8",
  ],
  [
    "everyone as a proxy",
    "trusted_proxies: [0.0.0.0/0]",
    "7:19 believes everyone: name the networks of the proxies alone",
  ],
  ["a skew that forgives everything", "clock_skew: 1d", "7:1 must be at most 5m"],
  ["a lifetime that nobody could use", "default_ttl: 4s", "7:1 must be at least 5s"],
  ["a grace that no timer takes", "limits: { shutdown_grace: 30d }", "7:11 must be at most 1h"],
  ["two listeners in one place", "admin_listen: 127.0.0.1:8080", "7:1 is the address of listen"],
  ["a slash at the end", "public_url: https://sts.test/", "7:1 must not end with a slash"],
  [
    "a URL with a query",
    "public_url: https://sts.test/?a",
    "7:1 must be an http or https URL without user, query and fragment",
  ],
  [
    "a URL with a line break",
    'public_url: "https://sts.test\\n"',
    "7:1 must be an http or https URL without user, query and fragment",
  ],
  [
    "a URL with a user",
    "public_url: https://u:p@sts.test",
    "7:1 must be an http or https URL without user, query and fragment",
  ],
  [
    "a URL with backslashes",
    "public_url: https:\\\\sts.test",
    "7:1 must be an http or https URL without user, query and fragment",
  ],
  [
    "a URL of another kind",
    "public_url: ftp://sts.test",
    "7:1 must be an http or https URL without user, query and fragment",
  ],
  [
    "a URL in capitals",
    "public_url: https://STS.test:443/a/../b",
    "7:1 must be written as https://sts.test/b",
  ],
  [
    "a default above the most",
    "default_ttl: 2h",
    "7:1 default_ttl (2h) must not be longer than max_ttl (1h)",
  ],
  [
    "a most below the default",
    "max_ttl: 5m",
    "7:1 default_ttl (15m) must not be longer than max_ttl (5m)",
  ],
  [
    "an open listener",
    "listen: 0.0.0.0:80\npublic_url: https://a.test",
    "7:1 listens beyond loopback in plain text: set tls, or trusted_proxies to the proxy that ends TLS, or plaintext: true behind a mesh",
  ],
  [
    "an open admin listener",
    'admin_listen: "[::]:80"',
    "7:1 listens beyond loopback in plain text: set admin_tls, or trusted_proxies to the proxy that ends TLS, or plaintext: true behind a mesh",
  ],
  [
    "administration by tokens for credentials",
    "admin_audience: nats-sts",
    "7:1 is an audience of the issuer corp: choose another, so that only tokens that were asked for it administer",
  ],
  [
    "an open listener without a URL",
    "listen: 0.0.0.0:80\nplaintext: true",
    "7:1 needs public_url: the URL by which callers know this service",
  ],
];

for (const [what, more, ...faults] of SCHEMA) {
  test(`${what} is a fault with its place and what to do`, () => {
    assert.deepEqual(faultsOf(`${LEAST}${more}\n`), faults);
  });
}

const CHANGES: readonly [what: string, from: string, to: string, ...faults: string[]][] = [
  ["a missing key", "policy: policy.yaml\n", "", '1:1 missing key "policy"'],
  ["a missing key of an issuer", ", audience: nats-sts", "", '2:5 missing key "audience"'],
  [
    "an unknown key of an issuer",
    "audience:",
    "audiences:",
    '2:5 missing key "audience"',
    '2:61 unknown key "audiences": did you mean "audience"?',
  ],
  [
    "an audience that is empty",
    "audience: nats-sts",
    'audience: ""',
    "2:61 must be a string or a list of strings, none of them empty",
  ],
  [
    "an audience among others that is none",
    "audience: nats-sts",
    "audience: [a, 5]",
    "2:61 must be a string or a list of strings, none of them empty",
  ],
  [
    "http beyond loopback",
    "https://idp.test/a",
    "http://idp.test/a",
    "2:19 must be https: only an issuer on a loopback address may use http",
  ],
  [
    "http beyond loopback, even if wanted",
    "https://idp.test/a,",
    "http://idp.test/a, insecure_http: true,",
    "2:19 must be https: only an issuer on a loopback address may use http",
  ],
  [
    "http on loopback without the word",
    "https://idp.test/a",
    "http://127.0.0.1:1/a",
    "2:19 uses http: set insecure_http: true beside it, for tests and demos on loopback only",
  ],
  [
    "an issuer with a blank",
    "https://idp.test/a",
    '"https://idp.test/a "',
    "2:19 must be an https URL without user, query and fragment, exactly as in the iss of the tokens",
  ],
  [
    "a name with a blank",
    "name: ORDERS",
    "name: my orders",
    "5:7 must be a name: 1 to 64 letters, digits, - or _, beginning with a letter or digit",
  ],
  [
    "a user key as an account",
    `A${"B".repeat(55)}`,
    `U${"B".repeat(55)}`,
    "5:21 must be the public nkey of an account: 56 characters beginning with A",
  ],
  [
    "an account without keys",
    "[{ file: ./keys/orders.nk }]",
    "[]",
    "5:91 must have at least 1 of them",
  ],
  [
    "a path as a key",
    "[{ file: ./keys/orders.nk }]",
    "[./keys/orders.nk]",
    "5:106 must be a map: lines of key: value",
  ],
  [
    "a path with a line break",
    "file: ./keys/orders.nk",
    'file: "a\\nb"',
    "5:108 must be a path, in one line",
  ],
  [
    "a journal that is neither",
    "{ dir: ./data/journal }",
    "files",
    "6:1 must be stdout, or an object with dir and, if wanted, writer (a-z, 0-9, -), keep (such as 90d) and heads",
  ],
  [
    "an unknown key of the journal",
    "dir: ./data/journal }",
    "dir: ./data/journal, kep: 5d }",
    '6:33 unknown key "kep": did you mean "keep"?',
  ],
  [
    "a writer that is no folder name",
    "dir: ./data/journal }",
    "dir: d, writer: ../up }",
    "6:20 must be 1 to 32 of a-z, 0-9 and -",
  ],
  ["a journal without a folder", "dir: ./data/journal", "keep: 5d", '6:1 missing key "dir"'],
];

for (const [what, from, to, ...faults] of CHANGES) {
  test(`${what} is a fault with its place and what to do`, () => {
    assert.ok(LEAST.includes(from));
    assert.deepEqual(faultsOf(LEAST.replace(from, to)), faults);
  });
}

test("a preset that we do not know is told together with those that we do", () => {
  const [fault, ...more] = faultsOf(LEAST.replace("preset: generic", "preset: genric"));
  assert.match(fault ?? "", /^2:44 must be a known preset: generic, /);
  assert.deepEqual(more, []);
});

test("a name, a url and a public key stand once", () => {
  const issuer = (name: string, url: string) =>
    `  - { name: ${name}, url: "${url}", preset: generic, audience: a }\n`;
  const text = `issuers:
${issuer("a", "https://a.test")}${issuer("a", "https://b.test")}${issuer("c", "https://a.test")}policy: p
accounts:
  - ${other("X", "B")}
  - ${other("X", "C")}
  - ${other("Y", "B")}
journal: stdout
`;
  assert.deepEqual(faultsOf(text), [
    "3:7 this name is taken by an issuer above",
    "4:16 this issuer stands above already",
    "8:7 this name is taken by an account above",
    "9:16 this account stands above already, under another name",
  ]);
});

test("every fault is told at once, in the order of the file, whatever finds it", () => {
  const text = `listen: 0.0.0.0:99999
plaintxt: true
issuers:
  - { name: corp, url: http://idp.test, preset: generic, audience: a }
  - { name: corp, url: https://b.test, preset: generic, audience: 5 }
accounts:
  - ${other("X", "1")}
journal: { dir: d, keep: 5 }
default_ttl: 6m
max_ttl: 5m
trusted_proxies: [x]
public_url: https://a.test/
limits: { body_bytes: many }
`;
  assert.deepEqual(faultsOf(text), [
    '1:1 missing key "policy"',
    "1:1 must be HOST:PORT with a port up to 65535",
    '2:1 unknown key "plaintxt": did you mean "plaintext"?',
    "4:19 must be https: only an issuer on a loopback address may use http",
    "5:7 this name is taken by an issuer above",
    "5:57 must be a string or a list of strings, none of them empty",
    "7:16 must be the public nkey of an account: 56 characters beginning with A",
    "8:20 must be a duration such as 30s, 15m, 1h or 90d",
    "9:1 default_ttl (6m) must not be longer than max_ttl (5m)",
    "11:19 must be a network in CIDR form, such as 10.0.0.0/8",
    "12:1 must not end with a slash",
    "13:11 must be a whole number from 1 to 16777216",
  ]);
});

test("a value that is wrong is not taken for its default where others depend on it", () => {
  const open = "listen: 0.0.0.0:80\npublic_url: https://a.test\n";
  assert.deepEqual(faultsOf(`${LEAST}${open}plaintext: yes\n`), ["9:1 must be true or false"]);
  assert.deepEqual(faultsOf(`${LEAST}default_ttl: 6h\nmax_ttl: long\n`), [
    "8:1 must be a duration such as 30s, 15m, 1h or 90d",
  ]);
});
