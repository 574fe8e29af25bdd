import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type Account,
  encodeAccount,
  encodeOperator,
  encodeUser,
  fmtCreds,
  type User,
} from "@nats-io/jwt";
import { createAccount, createOperator, createUser, type KeyPair } from "@nats-io/nkeys";

/** A user credential made without any code of ours. */
export interface UserCredential {
  readonly public_key: string;
  readonly jwt: string;
  /** `SU…` */
  readonly seed: string;
  /** The text of a creds file. */
  readonly creds: string;
}

/** An application account: what its owner would hand to nats-sts, and a way to make other users. */
export interface NatsAccount {
  readonly name: string;
  readonly public_key: string;
  /** `SA…` of the identity key. nats-sts never needs it. */
  readonly identity_seed: string;
  readonly signing_public_key: string;
  /** `SA…` of the signing key. */
  readonly signing_seed: string;
  /** Mode 0600, holds `signing_seed`. */
  readonly signing_key_file: string;
  /** Another user of the account, with every right unless told otherwise. */
  user(claims?: Partial<User>, times?: { readonly exp?: number }): Promise<UserCredential>;
}

/** Operator and system account: what only the controller may hold. */
export interface NatsOperator {
  readonly public_key: string;
  readonly jwt: string;
  readonly signing_public_key: string;
  /** `SO…` of the signing key. */
  readonly signing_seed: string;
  /** Mode 0600, holds `signing_seed`. */
  readonly signing_key_file: string;
}

export interface NatsSystem {
  readonly public_key: string;
  readonly jwt: string;
  /** Creds text of a user of the system account with every right. */
  readonly creds: string;
}

/** Every key and JWT of one NATS deployment in operator mode. */
export interface NatsTree<Name extends string> {
  readonly operator: NatsOperator;
  readonly system: NatsSystem;
  readonly accounts: Readonly<Record<Name, NatsAccount>>;
  /** Signs the account's JWT with these changes on top of all earlier ones. */
  accountJwt(name: Name, changes?: Partial<Account>): Promise<string>;
}

/** In an account JWT an absent limit is zero, not "without limit". */
const UNLIMITED = {
  ...{ subs: -1, data: -1, payload: -1, imports: -1, exports: -1, conn: -1, leaf: -1 },
  wildcards: true,
};
const JETSTREAM = { mem_storage: -1, disk_storage: -1, streams: -1, consumer: -1 };

/** Makes operator, system account and application accounts, and writes the key files into `dir`. */
export async function natsTree<Name extends string>(
  dir: string,
  names: readonly Name[],
  jetstream: boolean,
): Promise<NatsTree<Name>> {
  const operator_key = createOperator();
  const signer = createOperator();
  const system_key = createAccount();
  const system_account = system_key.getPublicKey();
  const operator = {
    public_key: operator_key.getPublicKey(),
    jwt: await encodeOperator("test", operator_key, {
      signing_keys: [signer.getPublicKey()],
      system_account,
    }),
    signing_public_key: signer.getPublicKey(),
    signing_seed: seedOf(signer),
    signing_key_file: await keyFile(dir, "operator", signer),
  };
  const system = {
    public_key: system_account,
    jwt: await encodeAccount("SYS", system_key, { limits: UNLIMITED }, { signer }),
    creds: (await makeUser("system", system_account, system_key)).creds,
  };

  const limits = jetstream ? { ...UNLIMITED, ...JETSTREAM } : UNLIMITED;
  const made = await Promise.all(names.map((name) => makeAccount(dir, name)));
  const claims = new Map<string, Partial<Account>>(
    made.map(({ name, signing_public_key }) => [
      name,
      { limits, signing_keys: [signing_public_key] },
    ]),
  );
  const accounts = Object.fromEntries(made.map((account) => [account.name, account])) as Record<
    Name,
    NatsAccount
  >; // fromEntries forgets the names; each of them was just made.
  return {
    operator,
    system,
    accounts,
    async accountJwt(name, changes = {}) {
      const all = { ...claims.get(name), ...changes };
      claims.set(name, all);
      return encodeAccount(name, accounts[name].public_key, all, { signer });
    },
  };
}

async function makeAccount(dir: string, name: string): Promise<NatsAccount> {
  const identity = createAccount();
  const signing = createAccount();
  const public_key = identity.getPublicKey();
  return {
    name,
    public_key,
    identity_seed: seedOf(identity),
    signing_public_key: signing.getPublicKey(),
    signing_seed: seedOf(signing),
    signing_key_file: await keyFile(dir, name, signing),
    user: (claims, times) => makeUser("test", public_key, signing, claims, times),
  };
}

async function makeUser(
  name: string,
  account: string,
  signer: KeyPair,
  claims: Partial<User> = {},
  times: { readonly exp?: number } = {},
): Promise<UserCredential> {
  const user = createUser();
  const jwt = await encodeUser(name, user, account, claims, { signer, ...times });
  const creds = new TextDecoder().decode(fmtCreds(jwt, user));
  return { public_key: user.getPublicKey(), jwt, seed: seedOf(user), creds };
}

async function keyFile(dir: string, name: string, key: KeyPair): Promise<string> {
  const file = join(dir, `${name}.nk`);
  await writeFile(file, seedOf(key), { mode: 0o600 });
  await chmod(file, 0o600); // Whatever the umask.
  return file;
}

const seedOf = (key: KeyPair) => new TextDecoder().decode(key.getSeed());
