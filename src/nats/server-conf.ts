import type { NatsTree } from "./tree.ts";

/**
 * The text of a nats-server.conf for a tree, that works as it is. JWTs stand inline and folders are
 * absolute, because nats-server takes relative ones from wherever it was started.
 *
 * @param dir absolute path of the folder for what the server keeps
 */
export function serverConf({ operator, system, account }: NatsTree, dir: string): string {
  const text = JSON.stringify; // a JSON string is a string in nats-server.conf, too
  return `# A NATS server in operator mode, made by nats-sts init.
#   nats-server --config ${text(`${dir}/nats-server.conf`)}

listen: 127.0.0.1:4222

# Who is trusted. The operator signs accounts, accounts sign users; the server holds no seed.
operator: ${operator.jwt}
system_account: ${system.public_key}

# Accounts are kept on disk and can be pushed to the running server.
resolver: { type: full, dir: ${text(`${dir}/jwt`)}, allow_delete: false, interval: "2m" }
resolver_preload: {
  # SYS
  ${system.public_key}: ${system.jwt}
  # ${account.name}
  ${account.public_key}: ${account.jwt}
}

jetstream: { store_dir: ${text(`${dir}/jetstream`)} }
`;
}
