import type { NatsConnection, NodeConnectionOptions } from "@nats-io/transport-node";
import { mint } from "../../src/credential/index.ts";
import type { Identity } from "../../src/identity/index.ts";
import { readSigner } from "../../src/keys/key-file.ts";
import { decide, type Grant, type Policy } from "../../src/policy/index.ts";
import type { Nats } from "../support/nats.ts";
import { connectWith } from "../support/nats-client.ts";
import type { NatsAccount } from "../support/nats-tree.ts";
import type { Scope } from "../support/project.ts";

/** Signs a grant as the service does. */
export async function minted(account: NatsAccount, grant: Grant) {
  const owner = { uid: process.getuid?.() ?? 0 };
  const signer = await readSigner(account.signing_key_file, owner);
  if ("fault" in signer) throw new Error(signer.fault);
  const { jwt, seed = "" } = await mint(grant, {
    issuer: "corp",
    digest: "0".repeat(64),
    policy: "0".repeat(64),
    request_id: "test",
    user_key: undefined,
    account: { public_key: account.public_key, signer },
    now_s: now_s(),
  });
  return { jwt, seed };
}

/** A connection with what a policy gives to an identity now, and with its inbox. */
export async function clientOf(
  scope: Scope,
  nats: Nats,
  policy: Policy,
  identity: Identity,
  options: NodeConnectionOptions = {},
): Promise<NatsConnection> {
  const decision = decide(policy, { ...identity, token_kind: "identity" }, {}, now_s());
  if (!decision.allow) throw new Error(JSON.stringify(decision));
  const { grant } = decision;
  const credential = await minted(nats.accounts.ORDERS, grant);
  return connectWith(scope, nats.url, credential, { inboxPrefix: grant.inbox_prefix, ...options });
}

export const now_s = () => Math.floor(Date.now() / 1000);
