import { encodeAccount, encodeOperator, encodeUser, fmtCreds } from "@nats-io/jwt";
import { createAccount, createOperator, createUser, type KeyPair } from "@nats-io/nkeys";

/** Every key and JWT of a new NATS deployment in operator mode. Seeds are text: they go into files. */
export interface NatsTree {
  readonly operator: Key & { readonly jwt: string; readonly signing: Key };
  readonly system: Key & { readonly jwt: string; readonly user_creds: string };
  readonly account: Key & { readonly name: string; readonly jwt: string; readonly signing: Key };
}

export interface Key {
  readonly public_key: string;
  readonly seed: string;
}

/** In an account JWT an absent limit is zero, not "without limit". */
const UNLIMITED = {
  subs: -1,
  data: -1,
  payload: -1,
  imports: -1,
  exports: -1,
  conn: -1,
  leaf: -1,
  wildcards: true,
};
const JETSTREAM = { mem_storage: -1, disk_storage: -1, streams: -1, consumer: -1 };

/**
 * Makes an operator with a signing key, the system account with one user, and an application account
 * with a signing key. What is in daily use is signed by signing keys, so that the identity keys can
 * go offline.
 *
 * @see https://docs.nats.io/running-a-nats-service/configuration/securing_nats/auth_intro/jwt
 */
export async function newTree(operator_name: string, account_name: string): Promise<NatsTree> {
  const [operator, signer] = [createOperator(), createOperator()];
  const [system, account, signing] = [createAccount(), createAccount(), createAccount()];
  const operator_claims = {
    signing_keys: [signer.getPublicKey()],
    system_account: system.getPublicKey(),
  };
  const account_claims = {
    limits: { ...UNLIMITED, ...JETSTREAM },
    signing_keys: [signing.getPublicKey()],
  };
  return {
    operator: {
      ...keyOf(operator),
      jwt: await encodeOperator(operator_name, operator, operator_claims),
      signing: keyOf(signer),
    },
    system: {
      ...keyOf(system),
      jwt: await encodeAccount("SYS", system, { limits: UNLIMITED }, { signer }),
      user_creds: await systemUser(system),
    },
    account: {
      ...keyOf(account),
      name: account_name,
      jwt: await encodeAccount(account_name, account, account_claims, { signer }),
      signing: keyOf(signing),
    },
  };
}

async function systemUser(system: KeyPair): Promise<string> {
  const user = createUser();
  const everything = { pub: { allow: [">"] }, sub: { allow: [">"] } };
  return new TextDecoder().decode(
    fmtCreds(await encodeUser("system", user, system, everything), user),
  );
}

function keyOf(pair: KeyPair): Key {
  return { public_key: pair.getPublicKey(), seed: new TextDecoder().decode(pair.getSeed()) };
}
