import { mkdir, writeFile } from "node:fs/promises";
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
import type { Scope } from "../../support/project.ts";
import { makeDir } from "../../support/service.ts";

/** An operator's folder as nsc lays it out, with the accounts ORDERS, BILLS and SYS. */
export async function nscStoreWith(scope: Scope, claims: Partial<Account> = {}) {
  const store = join(await makeDir(scope), "OP");
  const operator = createOperator();
  const keys = { ORDERS: createAccount(), BILLS: createAccount(), SYS: createAccount() };
  const put = async (path: string, text: string) => {
    await mkdir(join(store, path, ".."), { recursive: true });
    await writeFile(join(store, path), text);
  };
  const system_account = keys.SYS.getPublicKey();
  await put("OP.jwt", await encodeOperator("OP", operator, { system_account }));
  for (const [name, key] of Object.entries(keys))
    await put(
      `accounts/${name}/${name}.jwt`,
      await encodeAccount(name, key, name === "ORDERS" ? claims : {}, { signer: operator }),
    );
  return {
    store,
    keys,
    put,
    /** Adds a user as nsc does. Resolves with its key pair and the text of its creds file. */
    async user(
      account: keyof typeof keys,
      name: string,
      user: Partial<User> = {},
      { key = createUser(), exp, signer }: { key?: KeyPair; exp?: number; signer?: KeyPair } = {},
    ) {
      const times = exp === undefined ? {} : { exp };
      const by = { ...times, signer: signer ?? keys[account] };
      const jwt = await encodeUser(name, key, keys[account].getPublicKey(), user, by);
      await put(`accounts/${account}/users/${name.replaceAll("/", "_")}.jwt`, jwt);
      return { key, creds: new TextDecoder().decode(fmtCreds(jwt, key)) };
    },
  };
}
