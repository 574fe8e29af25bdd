import { type Static, Type } from "typebox";
import { name, Path, strict } from "./fields.ts";
import { Issuer } from "./issuer-schema.ts";
import { Duration, DurationOrNone, Rate } from "./units.ts";

const Listen = (fallback: string, description: string) =>
  Type.String({
    pattern: "^([^\\s:\\[\\]]+|\\[[0-9A-Fa-f:]+\\]):[0-9]{1,5}$",
    errorMessage: "must be HOST:PORT, such as 127.0.0.1:8080 or [::1]:8080",
    default: fallback,
    description,
  });
const MIB = 1024 * 1024;
const count = (fallback: number, most: number, description: string) =>
  Type.Integer({
    minimum: 1,
    maximum: most,
    errorMessage: `must be a whole number from 1 to ${most}`,
    default: fallback,
    description,
  });
/** A user or password in it would be told to every caller. */
const Server = Type.String({
  pattern: "^((nats|tls|wss?)://)?[A-Za-z0-9._:\\[\\]-]{1,255}(/[A-Za-z0-9._~/-]{0,255})?$",
  errorMessage:
    "must be the URL of a NATS server, such as nats://127.0.0.1:4222, without user and password",
});

const Account = Type.Object(
  {
    name: name("a name", "What roles call it."),
    public_key: Type.String({
      pattern: "^A[A-Z2-7]{55}$",
      errorMessage: "must be the public nkey of an account: 56 characters beginning with A",
      description: "The identity key of the account, its public half only.",
    }),
    managed_by: Type.Literal("external", {
      default: "external",
      errorMessage: "must be external: the account JWT is pushed by others",
      description: "Who pushes the account JWT.",
    }),
    signing_keys: Type.Array(
      Type.Object(
        {
          file: Path("A file with the seed of an account signing key (SA...)."),
          scoped: Type.Boolean({
            default: false,
            description: "The account lists it with a scope: it signs only for roles that name it.",
          }),
        },
        strict,
      ),
      {
        minItems: 1,
        description: "The first one that is not scoped signs, all of them are known.",
      },
    ),
    servers: Type.Optional(
      Type.Array(Server, {
        minItems: 1,
        description: "Told to callers in place of the common ones.",
      }),
    ),
  },
  strict,
);

const Limits = Type.Object(
  {
    body_bytes: count(65_536, 16 * MIB, "Larger request bodies are refused."),
    header_bytes: count(16_384, MIB, "Larger request headers are refused."),
    token_bytes: count(12_288, MIB, "Larger tokens are refused before they are parsed."),
    connections: count(10_000, 1_000_000, "Further connections are closed as they come."),
    in_flight: count(2_000, 100_000, "Further requests for credentials are answered overloaded."),
    request_timeout: Duration({
      default: "5s",
      description: "A request must have arrived by then.",
    }),
    shutdown_grace: Duration({
      default: "20s",
      description: "Answers in flight may take this long.",
    }),
    shutdown_delay: DurationOrNone({
      default: "3s",
      description: "After SIGTERM, requests are served this long while /readyz sends callers away.",
    }),
    rate_per_address: Rate({ default: "6000/m", description: "Requests from one address." }),
    rate_per_identity: Rate({ default: "600/m", description: "Credentials for one identity." }),
    rate_keys: count(100_000, 10_000_000, "Addresses and identities that are counted at once."),
    journal_unverified: Rate({
      default: "50/s",
      description: "Refusals before verification that are journaled.",
    }),
  },
  { ...strict, default: {} },
);

const Heads = Type.Object(
  {
    every: Duration({ default: "1m", description: "How often the head of the chain is signed." }),
    file: Type.Optional(
      Path(
        "Where signed heads are appended, best on another volume (default: beside the journal).",
      ),
    ),
    url: Type.Optional(
      Type.String({ minLength: 1, description: "Each signed head is sent to it by POST as well." }),
    ),
    key_file: Type.Optional(
      Path("The seed that signs, of a server key (default: made beside the journal)."),
    ),
  },
  { ...strict, default: {} },
);

const Journal = Type.Union(
  [
    Type.Literal("stdout"),
    Type.Object(
      {
        dir: Path("The folder of the journal."),
        writer: Type.String({
          pattern: "^[a-z0-9-]{1,32}$",
          errorMessage: "must be 1 to 32 of a-z, 0-9 and -",
          default: "main",
          description: "The name of this instance: one writer a folder.",
        }),
        keep: Duration({ default: "90d", description: "How long closed segments stay." }),
        heads: Heads,
      },
      strict,
    ),
  ],
  {
    errorMessage:
      "must be stdout, or an object with dir and, if wanted, writer (a-z, 0-9, -), keep (such as 90d) and heads",
  },
);

const Tls = (listener: string) =>
  Type.Optional(
    Type.Object(
      {
        cert_file: Path("The certificate and its chain, PEM."),
        key_file: Path("The private key of the certificate, PEM."),
        client_ca_file: Type.Optional(
          Path("Callers need a certificate of one of these authorities, PEM."),
        ),
      },
      { ...strict, description: `TLS on ${listener}. Renewed files are taken up.` },
    ),
  );

const Policy = Type.Union(
  [
    Path("The policy file."),
    Type.Array(
      Type.Object(
        {
          file: Path("A policy file."),
          mode: Type.Union([Type.Literal("enforce"), Type.Literal("audit")], {
            errorMessage: "must be enforce or audit",
            description: "enforce: it decides. audit: what it would decide is journaled.",
          }),
        },
        strict,
      ),
      { minItems: 1, maxItems: 2 },
    ),
  ],
  {
    errorMessage:
      "must be a path, or a list of file and mode: one with mode: enforce, and one with mode: audit beside it",
    description: "The policy file; or it and one that is only tried on what comes in.",
  },
);

/** What an operator may write in nats-sts.yaml. */
export const ConfigFile = Type.Object(
  {
    listen: Listen("127.0.0.1:8080", "Where callers come in."),
    admin_listen: Listen("127.0.0.1:9090", "Where administration comes in."),
    metrics_listen: Listen("127.0.0.1:9464", "Where metrics are read."),
    public_url: Type.Optional(
      Type.String({
        minLength: 1,
        description: "The URL by which callers know this service, without a slash at the end.",
      }),
    ),
    tls: Tls("listen"),
    admin_tls: Tls("admin_listen"),
    metrics_tls: Tls("metrics_listen"),
    plaintext: Type.Boolean({
      default: false,
      description: "Allows listening beyond loopback without TLS, for those behind a mesh.",
    }),
    dpop: Type.Object(
      {
        nonce: Type.Enum(["none", "required"], {
          default: "none",
          errorMessage: "must be none or required",
          description:
            "`required`: proofs of possession (DPoP) must hold a nonce of this service (RFC 9449, sections 8 and 9), so that none can be made in advance. Nonces are good for one to two minutes, at the instance that gave them.",
        }),
      },
      { ...strict, default: {} },
    ),
    docs: Type.Boolean({
      default: true,
      description: "Serves a page at /docs to read the description of the HTTP interface.",
    }),
    trusted_proxies: Type.Array(Type.String({ minLength: 1 }), {
      default: [],
      description:
        "Networks (CIDR) whose X-Forwarded-For is believed, without the ports in it; what is no address counts as the proxy's.",
    }),
    servers: Type.Array(Server, {
      minItems: 1,
      default: ["nats://127.0.0.1:4222"],
      description: "NATS servers, told to callers.",
    }),
    default_ttl: Duration({ default: "15m", description: "The lifetime where a role names none." }),
    max_ttl: Duration({ default: "1h", description: "No credential lives longer." }),
    clock_skew: Duration({
      default: "30s",
      description: "Forgiven on exp, nbf and iat of tokens.",
    }),
    issuers: Type.Array(Issuer, {
      minItems: 1,
      description: "The identity providers that are trusted.",
    }),
    policy: Policy,
    on_narrow: Type.Union([Type.Literal("keep"), Type.Literal("revoke")], {
      default: "keep",
      errorMessage: "must be keep or revoke",
      description: "What happens to live credentials that a new policy would not give.",
    }),
    explain: Type.Boolean({
      default: false,
      description: "Lets callers ask which roles they have, at POST /v1/explain.",
    }),
    admin_audience: Type.Optional(
      Type.String({
        pattern: "^[!-~]{1,256}$",
        errorMessage: "must be the audience of tokens for administration, in one word",
        description:
          "What tokens for administration carry as aud. Without it, nothing listens at admin_listen.",
      }),
    ),
    reload_every: Duration({
      default: "10s",
      description: "How often the files are looked at for changes.",
    }),
    accounts: Type.Array(Account, {
      minItems: 1,
      description: "The NATS accounts that credentials are for.",
    }),
    journal: Journal,
    limits: Limits,
  },
  { ...strict, errorMessage: "must hold settings: lines such as listen: 127.0.0.1:8080" },
);

export type ConfigFile = Static<typeof ConfigFile>;
