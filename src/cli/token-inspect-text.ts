import { ERRORS, StsError } from "../errors.ts";
import type { Checked, Identity, Inspection } from "../identity/index.ts";
import { momentInWords } from "./moment.ts";
import { table, visible } from "./show.ts";

type Claims = Readonly<Record<string, unknown>>;

/** What `token inspect` prints for a person. */
export function inspected(
  token: string,
  inspection: Inspection,
  issuers: readonly { readonly name: string; readonly url: string }[],
  now_s: number,
): string {
  const { issuer, checks, header, claims, needs_proof } = inspection;
  const blocks = [
    [`This is ${whatItIs(token, header, claims)}.`, ...aboutToken(header, claims, now_s)],
    issuer
      ? [`Its issuer is ${issuer.name} (preset ${issuer.preset}).`]
      : [
          "No configured issuer takes it. These are configured:",
          ...table(
            issuers.map(({ name, url }) => [name, url]),
            "  ",
          ),
        ],
    checks.flatMap((checked) => lineOf(checked, issuer?.audience)),
    ...saidOf(inspection),
    ...(needs_proof ? [[NEEDS_PROOF]] : []),
  ];
  return blocks.map((lines) => lines.join("\n")).join("\n\n");
}

function saidOf({ verdict, identity }: Inspection): string[][] {
  if (!(verdict instanceof StsError)) return [["ACCEPTED", ...aboutIdentity(verdict)]];
  const refused = [`REFUSED  ${verdict.code}`, `  ${ERRORS[verdict.code].say}`];
  if (!identity) return [refused];
  return [refused, ["The preset would make of it:", ...aboutIdentity(identity)]];
}

const NEEDS_PROOF =
  "It is bound to a key: whoever sends it has to prove each time that the key is theirs (DPoP, RFC 9449).";

/** What a token looks like, in a few words; whether that is true is for the checks to say. */
export function whatItIs(
  token: string,
  header: Claims | undefined,
  claims: Claims | undefined,
): string {
  if (!header || !claims) {
    if (token === "") return "nothing: the input is empty";
    const parts = token.split(".").length;
    if (parts === 5) return "an encrypted token (JWE), which is not taken";
    if (parts === 3) return "no JWT that can be read, although it has three parts";
    return "no JWT: an opaque token, or a JWT that was cut off";
  }
  const typ = String(header["typ"] ?? "")
    .toLowerCase()
    .replace(/^application\//, "");
  const named = KINDS.find(({ typs, marks }) => {
    return typs.includes(typ) || marks.some((mark) => claims[mark] !== undefined);
  });
  const bound = claims["cnf"] === undefined ? "" : ", bound to a key of its owner (cnf)";
  return `${named?.name ?? "a signed JWT"}${bound}`;
}

const KINDS: readonly {
  readonly name: string;
  readonly typs: readonly string[];
  readonly marks: readonly string[];
}[] = [
  { name: "an access token (RFC 9068)", typs: ["at+jwt"], marks: [] },
  { name: "a logout token", typs: ["logout+jwt"], marks: [] },
  { name: "a security event", typs: ["secevent+jwt"], marks: ["events"] },
  { name: "a DPoP proof, not the token that it is for", typs: ["dpop+jwt"], marks: ["htu"] },
  { name: "an ID token", typs: ["id_token+jwt"], marks: ["at_hash", "c_hash", "nonce"] },
];

function aboutToken(
  header: Claims | undefined,
  claims: Claims | undefined,
  now_s: number,
): string[] {
  if (!header || !claims) return [];
  const say = (value: unknown) =>
    visible(typeof value === "string" ? value : (JSON.stringify(value) ?? ""));
  const time = (value: unknown) =>
    typeof value === "number" ? momentInWords(value, now_s) : "is no number";
  const rows = [
    ...["alg", "typ", "kid"].map((name) => [name, header[name], say] as const),
    ...["iss", "aud", "sub"].map((name) => [name, claims[name], say] as const),
    ["issued", claims["iat"], time] as const,
    ["valid from", claims["nbf"], time] as const,
    ["expires", claims["exp"], time] as const,
  ];
  const there = rows.filter(([, value]) => value !== undefined);
  return table(
    there.map(([name, value, form]) => [name, form(value)]),
    "  ",
  );
}

function lineOf({ name, done, code, detail }: Checked, audience: readonly string[] = []): string[] {
  if (!done) return [`- ${name}: not looked at, for what is wrong above`];
  if (code === undefined) return [`✓ ${name}`];
  const { claim, reason = ERRORS[code].say, hint, missing } = detail ?? {};
  const subject = claim === undefined ? "" : `${String(claim)} `;
  const why = Array.isArray(missing)
    ? `${missing.join(", ")} missing`
    : `${subject}${String(reason)}`;
  const said = `✗ ${name}: ${visible(why)} (${code})`;
  const wanted = code === "token_audience_mismatch" ? `expected: ${audience.join(" or ")}` : hint;
  return [said, ...(wanted === undefined ? [] : [`    ${visible(String(wanted))}`])];
}

function aboutIdentity(identity: Identity): string[] {
  const { issuer, kind, subject, client, scopes, guarded, token_kind, token_use } = identity;
  const rows = [
    ["issuer", issuer],
    ["kind", kind],
    ["subject", visible(subject)],
    ...(client === undefined ? [] : [["client", visible(client)]]),
    ["scopes", scopes.length > 0 ? visible(scopes.join(" ")) : "none"],
    ...(guarded
      ? [["guarded", `${guarded.join(", ")}: only rules that name these may match`]]
      : []),
    ["good for", token_use ? "one credential" : "any number of credentials"],
    [
      "a credential",
      token_kind === "access" ? "ends with the token at the latest" : "may outlive the token",
    ],
  ];
  return table(rows, "  ");
}
