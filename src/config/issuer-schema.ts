import { type Static, Type } from "typebox";
import { name, Path, strict } from "./fields.ts";
import { PRESET_NAMES } from "./issuer-forms.ts";
import { Duration } from "./units.ts";

/** Every signature algorithm that an issuer may be allowed: asymmetric ones only (RFC 8725 §3.2). */
const ALGORITHMS = [
  ...(["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"] as const),
  ...(["ES256", "ES384", "ES512", "EdDSA", "Ed25519"] as const),
] as const;

export type Algorithm = (typeof ALGORITHMS)[number];

const Keys = Type.Object(
  {
    url: Type.Optional(
      Type.String({ minLength: 1, description: "The key set itself; there is no discovery then." }),
    ),
    file: Type.Optional(
      Path("A key set on disk, in place of the network. It is read anew; no others may write it."),
    ),
    ca_file: Type.Optional(
      Path(
        "Certificates (PEM) that the issuer's own must lead to, in place of the usual ones, whether for keys or for questions about tokens.",
      ),
    ),
    bearer_token_file: Type.Optional(
      Path("A token that is sent to url, such as that of the service account of this pod."),
    ),
    keep_dir: Type.Optional(
      Path(
        "A folder where keys are kept, so that a start during an outage of the issuer has some. It is made where the one above it exists, and must be ours, or root's, alone to write.",
      ),
    ),
    stale_limit: Type.Optional(
      Duration({
        description:
          "For how long keys that are known are used while the issuer cannot be reached: 24h where it is absent, from 10m to 7d.",
      }),
    ),
    thumbprints: Type.Optional(
      Type.Array(
        Type.String({
          pattern: "^[A-Za-z0-9_-]{43}$",
          errorMessage: "must be a SHA-256 JWK thumbprint (RFC 7638): 43 characters of base64url",
        }),
        { minItems: 1, description: "Pins: no other key of the issuer is used." },
      ),
    ),
  },
  strict,
);

const Introspection = Type.Object(
  {
    client_id: Type.String({
      minLength: 1,
      description: "As which client this service asks the issuer.",
    }),
    client_secret_file: Type.Optional(Path("The secret of that client, readable by us alone.")),
    private_key_file: Type.Optional(
      Path("Its private key (PEM, PKCS #8) in place of a secret: RSA, P-256, P-384 or Ed25519."),
    ),
    key_id: Type.Optional(
      Type.String({
        minLength: 1,
        description: "The `kid` of that key, where the issuer wants it.",
      }),
    ),
    url: Type.Optional(
      Type.String({ minLength: 1, description: "The endpoint itself; else discovery names it." }),
    ),
  },
  strict,
);

/** What an operator may write about one issuer. */
export const Issuer = Type.Object(
  {
    name: name("a name", "What rules call it."),
    url: Type.String({
      minLength: 1,
      description: "The exact `iss` of its tokens; discovery is below it.",
    }),
    preset: Type.Enum([...PRESET_NAMES], {
      errorMessage: `must be a known preset: ${PRESET_NAMES.join(", ")}`,
      description:
        "Where this provider puts scopes, client and subject, and what its tokens look like.",
    }),
    audience: Type.Union(
      [Type.String({ minLength: 1 }), Type.Array(Type.String({ minLength: 1 }), { minItems: 1 })],
      {
        errorMessage: "must be a string or a list of strings, none of them empty",
        description: "The `aud` that tokens for this service carry. One of them is enough.",
      },
    ),
    single_audience: Type.Optional(
      Type.Boolean({
        description: "Refuses tokens that name any other audience too. The preset says otherwise.",
      }),
    ),
    token_use: Type.Optional(
      Type.Enum(["once", "reuse"], {
        errorMessage: "must be once or reuse",
        description: "Whether a token is good for one credential. The preset says otherwise.",
      }),
    ),
    required_scopes: Type.Array(
      Type.String({
        pattern: "^[!#-\\[\\]-~]+$",
        errorMessage: "must be one scope (RFC 6749 section 3.3)",
      }),
      { default: [], description: "Scopes without which nothing is given at all." },
    ),
    clients: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        minItems: 1,
        description: "The OAuth clients whose tokens are accepted; all of them when absent.",
      }),
    ),
    typ: Type.Optional(
      Type.Array(
        Type.String({
          pattern: "^[a-z0-9.+-]{0,64}$",
          errorMessage: "must be a header typ in lower case, without application/; empty for none",
        }),
        { minItems: 1, description: "Header `typ` values, in place of those of the preset." },
      ),
    ),
    algorithms: Type.Optional(
      Type.Array(
        Type.Enum([...ALGORITHMS], { errorMessage: `must be one of ${ALGORITHMS.join(", ")}` }),
        { minItems: 1, description: "Signature algorithms, in place of those of the preset." },
      ),
    ),
    max_token_age: Type.Optional(
      Duration({ description: "Tokens issued before that are too old." }),
    ),
    max_token_lifetime: Type.Optional(
      Duration({ description: "Tokens that were issued for longer are refused." }),
    ),
    jwks: Type.Optional(Keys),
    validation: Type.Optional(
      Type.Enum(["jwt", "introspection", "both"], {
        errorMessage: "must be jwt, introspection or both",
        description:
          "`jwt`, the default: by the signature. `introspection`: every token, JWT or not, by asking the issuer (RFC 7662). `both`: JWTs by their signature and by asking, so that one that was revoked is refused; opaque tokens by asking alone. Opaque tokens name no issuer, so one issuer at most may take them.",
      }),
    ),
    introspection: Type.Optional(Introspection),
    insecure_http: Type.Boolean({
      default: false,
      description: "Allows http for an issuer on a loopback address, for tests and demos.",
    }),
  },
  strict,
);

export type IssuerFile = Static<typeof Issuer>;
