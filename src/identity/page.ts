import { ISSUER_FORMS, PRESET_NAMES, type PresetName } from "../config/index.ts";
import type { Claim } from "./claim.ts";
import type { KindRow, Preset } from "./preset.ts";
import { PRESETS } from "./presets.ts";

/** The page of all providers, docs/providers.md, made from the table that verification works by. */
export function providersPage(): string {
  const contents = PRESET_NAMES.map((name) => `- [${PRESETS[name].title}](#${name}) (\`${name}\`)`);
  return [
    "<!-- Made from src/identity/presets: change it there. -->",
    "",
    "# Identity providers",
    "",
    "An issuer in `nats-sts.yaml` names a preset: what the tokens of its provider look like, and which of them are refused. Every value of a preset that has a key in the configuration can be set otherwise for one issuer: `typ`, `algorithms`, `single_audience`, `token_use`, `max_token_age`, `max_token_lifetime`.",
    "",
    ...contents,
    "",
    "## What holds for all of them",
    "",
    "- A token is a signed JWT in compact form with an asymmetric algorithm, signed by a key that the issuer publishes now. Keys in the token's own header (`jwk`, `x5c`, `jku`, `x5u`) and `crit` are refused.",
    "- `iss` and `aud` are compared as they stand. No member of a token may stand in it twice.",
    "- Opaque tokens are taken where `validation: introspection` or `both` lets the service ask the issuer (RFC 7662), as the client under `introspection`. With `both`, JWTs are asked about as well, after their signature, so that one that was revoked is refused; with `introspection`, the signature does not count, but a JWT is refused by what it says of itself all the same: `aud`, `exp`, `cnf`, its kind. What the issuer answers is checked like the claims of a JWT, so it has to tell `iss`, `aud`, `exp` and `sub`; where a preset reads client or scopes off other claims, `client_id` and `scope` of the answer stand for them. An answer is used for at most 60 seconds: so long a token works that was revoked meanwhile.",
    "- ID, refresh and logout tokens and security events are refused.",
    "- A token that is bound to a key (`cnf` with `jkt`) is taken with a proof of that key (DPoP, RFC 9449): `Authorization: DPoP` and the header `DPoP` at `/v1/credentials`, the header alone at `/oauth2/token`. A proof is for `public_url`, lives for a minute and is good once. With `dpop: { nonce: required }` it must hold a nonce of this service as well, which comes with the first refusal (`DPoP-Nonce`); libraries that speak DPoP then try again by themselves. Nonces are those of one instance: where there are several, keep a client on one. Bound otherwise, or without a proof, a token is refused; so is a proof for a token that is bound to no key.",
    "- A rule matches the *subject* of the identity: it is the claim that its provider never gives to anybody else, which is not always `sub`.",
    "- A token that is good for *one credential* is refused the second time (`token_replayed`), unless the caller brings the same user key again: so keep one key while retrying. Each instance remembers the tokens that it has taken, over a restart too unless `journal: stdout`. `token_use: once` or `reuse` says otherwise for one issuer.",
    "- *Guarded* claims: a token with an unusual value, or none, matches only those rules that name the claim.",
    "",
    ...PRESET_NAMES.flatMap(sectionOf),
  ].join("\n");
}

function sectionOf(name: PresetName): string[] {
  const row = PRESETS[name];
  const { setup, rule, avoid } = row.page;
  const avoided = Object.entries(avoid).map(([claim, why]) => `- ${code(claim)}: ${why}.`);
  return [
    `<a id="${name}"></a>`,
    "",
    `## ${row.title}`,
    "",
    ...setup.map((step, i) => `${i + 1}. ${step}`),
    "",
    "```yaml",
    "issuers:",
    ...indented(issuerOf(name, row), "  - ", "    "),
    "```",
    "",
    "A rule to begin with:",
    "",
    "```yaml",
    "rules:",
    ...indented(rule.split("\n"), "  - ", "    "),
    "```",
    "",
    ...(avoided.length > 0 ? ["Do not match:", "", ...avoided, ""] : []),
    "| | |",
    "| --- | --- |",
    ...factsOf(row).map(([what, value]) => `| ${what} | ${value.replaceAll("|", "\\|")} |`),
    "",
  ];
}

/** The issuer as the operator writes it. */
function issuerOf(name: PresetName, { page }: Preset): string[] {
  return [
    `name: ${name === "generic" ? "corp" : name}`,
    `url: ${ISSUER_FORMS[name].example}`,
    `preset: ${name}`,
    `audience: ${page.audience ?? "nats-sts"}`,
    ...(name === "spiffe" ? ["jwks: { url: https://spire.example.org/keys }"] : []),
  ];
}

function factsOf(row: Preset): (readonly [what: string, value: string])[] {
  const facts: (readonly [string, string])[] = [
    ["Kind of token", `${row.token_kind}, at most ${row.max_lifetime_s / 3600} h long`],
    ["Good for", row.token_use === "once" ? "one credential" : ""],
    ["Algorithms", codes(row.algorithms)],
    ["Header `typ`", row.typ.map((typ) => (typ ? code(typ) : "none")).join(", ")],
    [
      "Audience",
      `${codes(row.audience)}${row.single_audience ? ", and no other beside ours" : ""}`,
    ],
    ["Identity", row.kinds.map(kindOf).join("; ")],
    ["Scopes", codes(row.scopes)],
    ["Roles and groups", codes(row.roles)],
    ["Client", codes(row.client)],
    ["Must be there", `${codes(requiredBy(row))}${row.client_required ? ", a client" : ""}`],
    ["Must be", Object.entries(row.equal).map(oneOf).join("; ")],
    ["Refused with", codes(row.id_token_marks)],
    ["Taken away", codes(row.dropped)],
    ["Guarded unless", Object.entries(row.guarded).map(oneOf).join("; ")],
    ...(row.shared
      ? [
          [
            `Under ${code(row.shared.url)}`,
            `must be there and is guarded: ${code(row.shared.claim)}`,
          ] as const,
        ]
      : []),
  ];
  return facts.filter(([, value]) => value !== "");
}

/** Of every token a time of issue is wanted, where there can be one. */
const requiredBy = ({ required }: Preset) => Object.keys(required).filter((c) => c !== "iat");

function kindOf({ kind, subject, same, present = [], absent = [] }: KindRow): string {
  const conditions = [
    ...(same
      ? [`${code(same[0])} is ${code(same[1])}${same[2] ? ` and ${code(same[2])}` : ""}`]
      : []),
    ...present.map((claim) => `with ${code(claim)}`),
    ...absent.map((claim) => `without ${code(claim)}`),
  ];
  return `${kind} ${code(subject)}${conditions.length > 0 ? ` (${conditions.join(", ")})` : ""}`;
}

const code = (text: string) => `\`${text}\``;
const codes = (texts: readonly string[]) => texts.map(code).join(", ");
const oneOf = ([claim, values]: readonly [Claim, readonly unknown[]]) =>
  `${code(claim)} is ${values.map((value) => code(String(value))).join(" or ")}`;
const indented = (lines: readonly string[], first: string, rest: string) =>
  lines.map((line, i) => (i === 0 ? first : rest) + line);
