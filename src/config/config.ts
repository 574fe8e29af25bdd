import type { PresetName } from "./issuer-forms.ts";
import type { Algorithm } from "./issuer-schema.ts";
import type { Bucket } from "./units.ts";

/** A host and a port to listen on. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

export interface IssuerConfig {
  /** What rules call it. */
  readonly name: string;
  /** Exact `iss`; a trust domain under the preset spiffe. */
  readonly url: string;
  readonly preset: PresetName;
  readonly audience: readonly string[];
  readonly required_scopes: readonly string[];
  readonly insecure_http: boolean;
  /** What follows stands in place of what the preset says. */
  readonly single_audience?: boolean;
  readonly token_use?: "once" | "reuse";
  readonly typ?: readonly string[];
  readonly algorithms?: readonly Algorithm[];
  readonly max_token_age_s?: number;
  readonly max_token_lifetime_s?: number;
  /** Absent means every client of the issuer. */
  readonly clients?: readonly string[];
  readonly jwks?: KeysConfig;
  /** How tokens are proved; absent means `jwt`. */
  readonly validation?: Validation;
  readonly introspection?: IntrospectionConfig;
}

/** By the issuer's signature, by asking the issuer, or by both as far as the token has a signature. */
export type Validation = "jwt" | "introspection" | "both";

/** How this service asks an issuer about tokens (RFC 7662). */
export interface IntrospectionConfig {
  readonly client_id: string;
  /** Absolute paths, of which there is one. */
  readonly client_secret_file?: string;
  readonly private_key_file?: string;
  readonly key_id?: string;
  /** The endpoint, where discovery is not to say. */
  readonly url?: string;
}

/** Where the keys of an issuer are, if discovery is not to say. */
export interface KeysConfig {
  readonly url?: string;
  /** Absolute paths. */
  readonly file?: string;
  readonly ca_file?: string;
  readonly bearer_token_file?: string;
  readonly keep_dir?: string;
  /** RFC 7638, SHA-256, base64url. */
  readonly thumbprints?: readonly string[];
  /** For how long keys outlive an outage; absent means a day. */
  readonly stale_limit_s?: number;
}

export interface SigningKeyConfig {
  /** Absolute path. */
  readonly file: string;
  /** Signs only for roles that name it. */
  readonly scoped: boolean;
}

export interface AccountConfig {
  readonly name: string;
  readonly public_key: string;
  /** The first one that is not scoped signs. */
  readonly signing_keys: readonly SigningKeyConfig[];
  readonly servers: readonly string[];
}

export interface Limits {
  readonly body_bytes: number;
  readonly header_bytes: number;
  readonly token_bytes: number;
  readonly connections: number;
  readonly in_flight: number;
  readonly request_timeout_s: number;
  readonly shutdown_grace_s: number;
  readonly shutdown_delay_s: number;
  readonly rate_per_address: Bucket;
  readonly rate_per_identity: Bucket;
  readonly rate_keys: number;
  readonly journal_unverified: Bucket;
}

/** What a listener with TLS needs. Absolute paths of PEM files. */
export interface TlsConfig {
  readonly cert_file: string;
  readonly key_file: string;
  readonly client_ca_file?: string;
}

/** How the head of the journal's chain is signed, and where it is sent. */
export interface HeadsConfig {
  readonly every_s: number;
  /** Absolute path; beside the journal where absent. */
  readonly file?: string;
  readonly url?: string;
  /** Absolute path; beside the journal, and made at the first start, where absent. */
  readonly key_file?: string;
}

/** The configuration with every default filled in, every path absolute and every unit in its name. */
export interface Config {
  readonly file: string;
  readonly listen: Address;
  readonly admin_listen: Address;
  readonly metrics_listen: Address;
  readonly tls?: TlsConfig;
  readonly admin_tls?: TlsConfig;
  readonly metrics_tls?: TlsConfig;
  /** What tokens for administration carry; without it there is no administration. */
  readonly admin_audience?: string;
  /** Without a slash at the end. */
  readonly public_url: string;
  /** Whether proofs of possession must hold a nonce of this service. */
  readonly dpop: { readonly nonce: "none" | "required" };
  /** Whether there is a page at /docs. */
  readonly docs: boolean;
  readonly trusted_proxies: readonly string[];
  readonly default_ttl_s: number;
  readonly max_ttl_s: number;
  readonly clock_skew_s: number;
  readonly issuers: readonly IssuerConfig[];
  /** Absolute path. */
  readonly policy_file: string;
  /** Of the policy that is only tried; absolute path. */
  readonly audit_policy_file?: string;
  readonly on_narrow: "keep" | "revoke";
  /** Whether callers may ask which roles they have. */
  readonly explain: boolean;
  readonly reload_every_s: number;
  readonly accounts: readonly AccountConfig[];
  readonly journal:
    | "stdout"
    | {
        readonly dir: string;
        readonly writer: string;
        readonly keep_s: number;
        readonly heads: HeadsConfig;
      };
  readonly limits: Limits;
  readonly log_level: string;
}
