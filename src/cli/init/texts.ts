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

/** A text in YAML: as it is where it reads as that very text, and in quotes otherwise. */
function scalar(text: string): string {
  const plain = /^[A-Za-z][\w./:-]*[\w/]$/.test(text) && !/^(true|false|null)$/i.test(text);
  return plain ? text : JSON.stringify(text);
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
    url: ${scalar(issuer.url)} # the exact iss of its tokens; discovery is below it
    preset: generic # RFC 9068 access tokens
    audience: ${scalar(issuer.audience)} # the aud that tokens for this service carry
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
  return `  - name: ${scalar(name)}
    public_key: ${public_key}
    signing_keys: [{ file: ${JSON.stringify(signing_key_file)} }] # the first signs, all are known`;
}

/** policy.yaml with comments that teach, for these accounts. */
export function policyText(accounts: readonly string[]): string {
  const [name = "APP", ...rest] = accounts;
  const first = scalar(name);
  return `# yaml-language-server: $schema=./schema/policy.schema.json
# Who gets what. What no rule gives is denied. All criteria of a rule must match; the roles of all
# rules that match add up, within one account. policy.cases.yaml tests it:
#   nats-sts policy test policy.cases.yaml
version: 1

roles:
  worker:
    account: ${first}
    subscribe: ["orders.new workers"] # a subject and a queue group
    publish: ["orders.done.{client_id}.>"] # a claim fills exactly one token, or the rule misses
    respond: true # may answer requests
    ttl: 10m
${rest.map((name) => `\n  # ${name.toLowerCase()}-reader:\n  #   account: ${scalar(name)}\n  #   subscribe: ["events.>"]\n`).join("")}
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

/** policy.cases.yaml with comments that teach, for the policy above. */
export function casesText([name = "APP"]: readonly string[]): string {
  const account = scalar(name);
  return `# yaml-language-server: $schema=./schema/policy-cases.schema.json
# Who must get what from policy.yaml, and who must not. Run it before a change ships:
#   nats-sts policy test policy.cases.yaml
# --coverage names the rules and roles that no case reaches.
policy: policy.yaml
issuers:
  idp: { preset: generic } # how its claims are read, as in nats-sts.yaml

cases:
  # The claims of a token as the provider writes them. What granted does not name is not looked at.
  - name: the worker takes new orders and reports on its own
    claims: { sub: orders-worker, client_id: orders-worker }
    granted: { account: ${account}, roles: [worker], ttl: 10m }
    may: { subscribe: ["orders.new workers"], publish: [orders.done.orders-worker.1] }
    may_not: { subscribe: [orders.new], publish: [orders.done.somebody-else.>, "$JS.API.>"] }

  - name: the scope lets one read, and no more
    claims: { sub: alice, scope: openid orders.read }
    granted: { roles: [readers] }
    may: { subscribe: [orders.>] }
    may_not: { publish: [">"] } # not one subject

  # Refusals are tested, too: missed names the criterion on which each rule has to fail.
  - name: whoever has a token and nothing else gets nothing
    claims: { sub: mallory, client_id: shop }
    refused: no_rule_matched
    missed: { readers: scopes, workers: client }
`;
}
