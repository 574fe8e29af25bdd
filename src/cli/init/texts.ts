/** An account as the configuration names it. */
export interface AccountText {
  readonly name: string;
  readonly public_key: string;
  /** Path of the signing seed, as it should stand in the file. */
  readonly signing_key_file: string;
}

export interface IssuerText {
  readonly url: string;
  readonly audience: string;
}

/** nats-sts.yaml with comments that teach. */
export function configText(issuer: IssuerText, accounts: readonly AccountText[]): string {
  return `# yaml-language-server: $schema=./schema/nats-sts.schema.json
# The configuration of nats-sts. Paths are relative to this file.
#   nats-sts check --config nats-sts.yaml   prints every fault as file:line:col
#   nats-sts serve --config nats-sts.yaml

listen: 127.0.0.1:8080
public_url: http://127.0.0.1:8080 # by which callers know this service
servers: [nats://127.0.0.1:4222] # told to callers

# Who may say who somebody is. Rules in the policy call an issuer by its name.
issuers:
  - name: idp
    url: ${issuer.url} # the exact iss of its tokens; discovery is below it
    preset: generic # RFC 9068 access tokens
    audience: ${issuer.audience} # the aud that tokens for this service carry
${issuer.url.startsWith("http:") ? "    insecure_http: true # on a loopback address only\n" : ""}
# Who gets what.
policy: ./policy.yaml

# Where credentials are valid. A signing key is enough: the account itself is managed elsewhere.
accounts:
${accounts.map(accountText).join("\n")}

# Every decision, before its answer leaves.
journal: { dir: ./data/journal, keep: 90d }

# The longest lives, and the one where a role names none.
default_ttl: 15m
max_ttl: 1h
`;
}

function accountText({ name, public_key, signing_key_file }: AccountText): string {
  return `  - name: ${name}
    public_key: ${public_key}
    signing_keys: [{ file: ${JSON.stringify(signing_key_file)} }] # the first signs, all are known`;
}

/** policy.yaml with comments that teach, for these accounts. */
export function policyText(accounts: readonly string[]): string {
  const [first = "APP", ...rest] = accounts;
  return `# yaml-language-server: $schema=./schema/policy.schema.json
# Who gets what. What no rule gives is denied. All criteria of a rule must match; the roles of all
# rules that match add up, within one account.
version: 1

roles:
  worker:
    account: ${first}
    subscribe: ["orders.new workers"] # a subject and a queue group
    publish: ["orders.done.{client_id}.>"] # a claim fills exactly one token, or the rule misses
    respond: true # may answer requests
    ttl: 10m
${rest.map((name) => `\n  # ${name.toLowerCase()}-reader:\n  #   account: ${name}\n  #   subscribe: ["events.>"]\n`).join("")}
rules:
  # From a scope to subjects in one stanza.
  - name: readers
    issuer: idp
    scopes: [orders.read]
    grant: { account: ${first}, subscribe: ["orders.>"] }

  # One OAuth client holds a role.
  - name: workers
    issuer: idp
    client: orders-worker
    roles: [worker]

  # Members of a group, read from an array claim.
  # - name: operators
  #   issuer: idp
  #   claims: { groups: { has: operators } }
  #   grant: { account: ${first}, subscribe: ["orders.>"], publish: ["orders.>"] }
`;
}
