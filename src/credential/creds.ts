/**
 * The text of a creds file. The leading comments tell what a client cannot read out of the JWT by
 * itself; nats CLI, nats.js, nats-py and leaf nodes read over them.
 *
 * @param seed the user seed, `SU…`
 * @param expires_at Unix seconds, written as RFC 3339
 * @see https://docs.nats.io/using-nats/developer/connecting/creds
 */
export function credsText(
  jwt: string,
  seed: string,
  inbox_prefix: string,
  expires_at: number,
): string {
  const until = new Date(expires_at * 1000).toISOString().replace(".000Z", "Z");
  return `# inbox_prefix: ${inbox_prefix}
# expires_at: ${until}
-----BEGIN NATS USER JWT-----
${jwt}
------END NATS USER JWT------

************************* IMPORTANT *************************
The seed below is a secret: whoever has it is this NATS user.

-----BEGIN USER NKEY SEED-----
${seed}
------END USER NKEY SEED------

*************************************************************
`;
}
