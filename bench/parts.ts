import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Scope } from "../test/support/project.ts";
import { type Provider, startProvider } from "../test/support/provider.ts";
import { makeAccount, makeDir, writeConfig } from "../test/support/service.ts";

/** What every contender works with: the same provider, tokens and account. */
export interface Parts {
  readonly dir: string;
  readonly provider: Provider;
  readonly tokens: readonly string[];
  readonly config_file: string;
  readonly account: { readonly public_key: string; readonly signing_seed: string };
}

/** As many teams have, and the one that matters neither first nor last. */
const RULES = 20;

function policy(): string {
  const rules = Array.from({ length: RULES }, (_, i) => {
    const name = i === RULES / 2 ? "orders" : `team-${i}`;
    return `  - name: ${name} readers
    issuer: corp
    scopes: [${name}.read]
    grant: { account: ORDERS, subscribe: ["${name}.done.*"], publish: ["${name}.new", "${name}.done.{client_id}"] }`;
  });
  return `version: 1\nroles: {}\nrules:\n${rules.join("\n")}\n`;
}

/** On, as in production, but never the reason for a refusal. */
const LIMITS = {
  rate_per_address: "10000000/s",
  rate_per_identity: "10000000/s",
  journal_unverified: "10000000/s",
};

const TTL_S = 3_600;

/** Starts the provider, makes the tokens, writes a configuration with journal, logs and limits. */
export async function prepareParts(scope: Scope, token_count: number): Promise<Parts> {
  const dir = await makeDir(scope);
  const provider = await startProvider(scope, { alg: "RS256", ttl_s: TTL_S });
  const account = await makeAccount(dir);
  const config_file = await writeConfig(dir, {
    provider,
    policy: policy(),
    accounts: [account],
    config: { limits: LIMITS },
  });
  const signing_seed = await readFile(join(dir, "ORDERS.nk"), "utf8");
  return {
    dir,
    provider,
    tokens: await makeTokens(provider, token_count),
    config_file,
    account: { public_key: account.public_key, signing_seed },
  };
}

/** Tokens of about 1.1 kB, each of another client, so that no cache can answer. */
async function makeTokens(provider: Provider, count: number): Promise<readonly string[]> {
  const tokens: string[] = [];
  while (tokens.length < count) {
    const some = Array.from({ length: Math.min(100, count - tokens.length) }, (_, i) => {
      const client = `service-${tokens.length + i}`;
      const payload = {
        sub: client,
        client_id: client,
        groups: ["deployers", "orders-on-call", "readers"],
        realm_access: { roles: ["offline_access", "uma_authorization", "orders-service"] },
        tenant: randomUUID(),
        email: `${client}@services.example.test`,
      };
      return provider.forge({ payload });
    });
    tokens.push(...(await Promise.all(some)));
  }
  return tokens;
}
