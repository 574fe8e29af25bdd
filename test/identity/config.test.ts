import assert from "node:assert/strict";
import { test } from "node:test";
import {
  FaultError,
  ISSUER_FORMS,
  type IssuerConfig,
  PRESET_NAMES,
  parseConfig,
  WITHOUT,
} from "../../src/config/index.ts";
import { PRESETS } from "../../src/identity/index.ts";
import { configOf, headerOf, payloadOf, sampleOf } from "./samples.ts";
import { keysOf, outcomeOf, sign, verifierOf } from "./support.ts";

/** The issuer as it was read, or the faults as `line:col message`. JSON is YAML. */
function read(issuer: object): IssuerConfig | readonly string[] {
  const written = { name: "x", audience: "a", ...issuer };
  const account = { name: "A", public_key: `A${"A".repeat(55)}`, signing_keys: [{ file: "a.nk" }] };
  const rest = { policy: "p.yaml", accounts: [account], journal: "stdout" };
  try {
    const { config } = parseConfig(
      JSON.stringify({ issuers: [written], ...rest }),
      "/etc/sts/x.yaml",
    );
    return config.issuers[0] ?? [];
  } catch (error) {
    if (!(error instanceof FaultError)) throw error;
    return error.faults.map(({ message }) => message);
  }
}

const SPIFFE = { preset: "spiffe", jwks: { file: "bundle.json" } };

test("the example of every preset is accepted", () => {
  for (const preset of PRESET_NAMES) {
    const issuer = read({
      preset,
      url: ISSUER_FORMS[preset].example,
      ...(preset === "spiffe" && SPIFFE),
    });
    assert.ok("url" in issuer, `${preset}: ${JSON.stringify(issuer)}`);
  }
});

const TENANT = "11111111-2222-3333-4444-555555555555";
const MORE_GOOD: readonly (readonly [string, string])[] = [
  ["okta", "https://login.example.com/oauth2/aus1abc"],
  ["auth0", "https://login.example.com/"],
  ["entra", `https://sts.windows.net/${TENANT}/`],
  ["entra", `https://login.microsoftonline.us/${TENANT}/v2.0`],
  ["keycloak", "https://h.test:8443/auth/realms/a-b"],
  ["github", "https://token.actions.githubusercontent.com/octo-enterprise"],
  ["github", "https://github.example.com/_services/token"],
  ["gitlab", "https://git.example.com/gitlab"],
  ["kubernetes", "https://oidc.eks.eu-central-1.amazonaws.com/id/0123456789ABCDEF"],
  ["circleci", "https://oidc.circleci.com"],
  ["terraform", "https://tfe.example.com"],
];

test("so are the other forms that a provider has", () => {
  for (const [preset, url] of MORE_GOOD)
    assert.ok("url" in read({ preset, url }), `${preset} ${url}`);
});

const BAD: readonly (readonly [string, string, RegExp])[] = [
  ["okta", "https://example.okta.com", /custom authorization server/],
  ["okta", "https://example.okta.com/oauth2/default/", /custom authorization server/],
  ["auth0", "https://example.eu.auth0.com", /slash at the end/],
  ["entra", "https://login.microsoftonline.com/common/v2.0", /one tenant by its id/],
  ["entra", "https://login.microsoftonline.com/organizations/v2.0", /one tenant by its id/],
  ["entra", "https://login.microsoftonline.com/{tenantid}/v2.0", /one tenant by its id/],
  [
    "entra",
    "https://login.microsoftonline.com/example.onmicrosoft.com/v2.0",
    /one tenant by its id/,
  ],
  ["entra", `https://login.microsoftonline.com.evil.test/${TENANT}/v2.0`, /one tenant by its id/],
  ["keycloak", "https://h.test/realms/a/", /without a slash/],
  ["keycloak", "https://h.test", /must be a realm/],
  ["cognito", "https://example.auth.eu-central-1.amazoncognito.com", /hosted login domain/],
  ["aws", "https://sts.amazonaws.com", /the account's own issuer/],
  ["google", "https://accounts.google.com/", /preset kubernetes/],
  ["github", "https://github.com", /token\.actions/],
  ["github", "https://token.actions.githubusercontent.com/", /token\.actions/],
  ["gitlab", "https://gitlab.com/", /without a slash/],
  ["spiffe", "https://example.org", /trust domain/],
  ["spiffe", "spiffe://example.org/", /trust domain/],
  ["spiffe", "spiffe://Example.org", /trust domain/],
  ["buildkite", "https://buildkite.com", /agent\.buildkite\.com/],
  ["circleci", "https://oidc.circleci.com/org/acme", /ORGANIZATION-ID/],
  ["terraform", "https://app.terraform.io/app", /without a path/],
  ["authentik", "https://authentik.example.com/application/o/sts", /slash at the end/],
  ["generic", "http://idp.test", /must be https/],
  ["generic", "http://127.0.0.1:1/a", /insecure_http: true/],
  ["generic", "https://user@idp.test", /without user/],
  ["generic", "https://idp.test/?a", /without user/],
  ["generic", "spiffe://example.org", /must be an https URL/],
  ["entraa", "https://idp.test", /known preset: generic, okta/],
  ["toString", "https://idp.test", /known preset/],
];

for (const [preset, url, say] of BAD) {
  test(`preset ${preset} with ${url} is a fault that says what to write`, () => {
    const faults = read({ preset, url, ...(preset === "spiffe" && { jwks: { file: "b" } }) });
    assert.ok(Array.isArray(faults), "it was accepted");
    assert.equal(faults.length, 1);
    assert.match(faults[0], say);
  });
}

test("insecure_http where nothing is http is a fault, and switches nothing off", async () => {
  const fault = read({ preset: "generic", url: "https://idp.test", insecure_http: true });
  assert.ok(Array.isArray(fault) && fault.length === 1);
  assert.match(fault[0], /^has no meaning beside https/);
  const jwks = { url: "http://127.0.0.1:8080/keys" };
  assert.ok(
    "url" in read({ preset: "generic", url: "https://idp.test", insecure_http: true, jwks }),
  );

  const keys = await keysOf("RS256");
  const sample = sampleOf("entra");
  const config = { ...configOf("entra", sample), insecure_http: true };
  const payload = payloadOf(sample);
  const stranger = { ...payload, tid: "22222222-2222-3333-4444-555555555555" };
  const verifier = verifierOf([config], Object.values(keys));
  const token = (claims: object) => sign(keys.RS256, { ...claims }, headerOf(sample));
  assert.equal(await outcomeOf(await token(payload), verifier), "accepted");
  assert.equal(await outcomeOf(await token(stranger), verifier), "token_claims_invalid");
});

test("scopes and clients that no token of a preset can have are faults, by what the presets say", () => {
  for (const preset of PRESET_NAMES) {
    const { scopes, client } = PRESETS[preset];
    assert.equal(
      WITHOUT.scopes.some((each) => each === preset),
      scopes.length === 0,
      preset,
    );
    assert.equal(
      WITHOUT.client.some((each) => each === preset),
      client.length === 0,
      preset,
    );
  }
  const github = { preset: "github", url: "https://token.actions.githubusercontent.com" };
  const wrong = read({ ...github, required_scopes: ["a"], clients: ["b"] });
  assert.ok(Array.isArray(wrong));
  assert.match(
    wrong.join(),
    /no token of github has scopes.*no token of github names an OAuth client/,
  );
});

test("a provider on loopback that stands in for the real one need not have its name", () => {
  const issuer = read({ preset: "github", url: "http://127.0.0.1:8080", insecure_http: true });
  assert.ok("url" in issuer);
});

const generic = { preset: "generic", url: "https://idp.test" };

test("durations become seconds, and paths are below the file that names them", () => {
  const jwks = { ca_file: "ca.crt", keep_dir: "/var/keys", thumbprints: ["A".repeat(43)] };
  const limits = { max_token_age: "5m", max_token_lifetime: "1h" };
  const options = {
    clients: ["a"],
    typ: ["jwt", ""],
    algorithms: ["ES256"],
    single_audience: true,
  };
  assert.deepEqual(
    read({ ...generic, ...limits, ...options, jwks: { ...jwks, stale_limit: "2h" } }),
    {
      ...{ ...generic, name: "x", audience: ["a"], required_scopes: [], insecure_http: false },
      ...{ ...options, max_token_age_s: 300, max_token_lifetime_s: 3600 },
      jwks: { ...jwks, ca_file: "/etc/sts/ca.crt", stale_limit_s: 7200 },
    },
  );
});

const ASKING = { client_id: "sts", client_secret_file: "s" };

test("how an issuer is asked is read, with absolute paths", () => {
  const issuer = read({ ...generic, validation: "both", introspection: ASKING });
  assert.ok("introspection" in issuer);
  assert.deepEqual(issuer.introspection, { client_id: "sts", client_secret_file: "/etc/sts/s" });
});

test("only one issuer may take tokens that name none", () => {
  const asking = { ...generic, audience: "a", validation: "both", introspection: ASKING };
  const issuers = [
    { ...asking, name: "one", url: "https://one.test" },
    { ...asking, name: "two", url: "https://two.test" },
  ];
  const account = { name: "A", public_key: `A${"A".repeat(55)}`, signing_keys: [{ file: "a.nk" }] };
  const rest = { policy: "p.yaml", accounts: [account], journal: "stdout" };
  assert.throws(
    () => parseConfig(JSON.stringify({ issuers, ...rest }), "/etc/sts/x.yaml"),
    /an issuer above takes opaque tokens already/,
  );
});

const MISFITS: Readonly<Record<string, readonly [object, RegExp]>> = {
  "an audience that is empty": [{ audience: "" }, /none of them empty/],
  "no audience": [{ audience: [] }, /none of them empty/],
  "an algorithm with a shared secret": [{ algorithms: ["HS256"] }, /must be one of RS256/],
  "the algorithm none": [{ algorithms: ["none"] }, /must be one of RS256/],
  "no algorithms": [{ algorithms: [] }, /./],
  "no clients": [{ clients: [] }, /./],
  "a typ in capitals": [{ typ: ["JWT"] }, /in lower case/],
  "an age beyond the lifetime": [
    { max_token_age: "2h", max_token_lifetime: "1h" },
    /not be longer than max_token_lifetime/,
  ],
  "a key set by http": [{ jwks: { url: "http://idp.test/jwks" } }, /must be an https URL/],
  "keys that are hardly kept": [{ jwks: { stale_limit: "9m" } }, /must be from 10m to 7d/],
  "keys that are kept too long": [{ jwks: { stale_limit: "8d" } }, /must be from 10m to 7d/],
  "a key set of another scheme": [{ jwks: { url: "file:///etc/jwks" } }, /must be an https URL/],
  "a key set on disk and on the network": [
    { jwks: { url: "https://idp.test/jwks", file: "a" } },
    /has no meaning beside file/,
  ],
  "a token for whatever host discovery names": [
    { jwks: { bearer_token_file: "t" } },
    /sent there and nowhere else/,
  ],
  "a pin that is no thumbprint": [{ jwks: { thumbprints: ["abc"] } }, /RFC 7638/],
  "an unknown key": [{ jwks: { uri: "https://idp.test/jwks" } }, /unknown key "uri"/],
  "asking without saying as whom": [{ validation: "both" }, /needs introspection/],
  "a client to ask as that is never used": [{ introspection: ASKING }, /has no effect/],
  "a client without a secret": [
    { validation: "both", introspection: { client_id: "sts" } },
    /needs one of/,
  ],
  "a client with two secrets": [
    { validation: "both", introspection: { ...ASKING, private_key_file: "k" } },
    /needs one of/,
  ],
  "a key id without a key": [
    { validation: "both", introspection: { ...ASKING, key_id: "k" } },
    /needs private_key_file/,
  ],
  "an introspection endpoint by http": [
    { validation: "both", introspection: { ...ASKING, url: "http://idp.test/i" } },
    /must be an https URL/,
  ],
  "a secret in the configuration": [
    { validation: "both", introspection: { client_id: "sts", client_secret: "x" } },
    /unknown key/,
  ],
  "a token use that there is not": [{ token_use: "twice" }, /must be once or reuse/],
  "a trust domain without keys": [{ preset: "spiffe", url: "spiffe://example.org" }, /needs jwks/],
};

for (const [name, [issuer, say]] of Object.entries(MISFITS)) {
  test(`${name} is a fault`, () => {
    const faults = read({ ...generic, ...issuer });
    assert.ok(Array.isArray(faults), "it was accepted");
    assert.match(faults.join("\n"), say);
  });
}
