import { wordsOf } from "./client-error.ts";

/** What OpenSSL calls a chain that ends in nobody who is trusted here. */
const UNTRUSTED = [
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
];

/** What OpenSSL makes of an answer that is no TLS. */
const PLAIN = ["ERR_SSL_WRONG_VERSION_NUMBER", "ERR_SSL_PACKET_LENGTH_TOO_LONG"];

/** Why nothing came from the service, in a sentence; with the way out where it is known. */
export function unreachable(error: unknown): string {
  const code = codeOf(error);
  const said = `the service cannot be reached (${wordsOf(error)})`;
  if (UNTRUSTED.includes(code))
    return `${said}: name the file of its certificate authority in NODE_EXTRA_CA_CERTS`;
  if (code === "ECONNREFUSED") return `${said}: is nats-sts serve running there?`;
  if (PLAIN.includes(code))
    return "the service cannot be reached by https: what listens there speaks http, or something else";
  return said;
}

function codeOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  return typeof code === "string" ? code : "";
}
