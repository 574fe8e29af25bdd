import { relative } from "node:path";
import { type NatsTree, newTree, serverConf } from "../../nats/index.ts";
import { type Args, type Command, EXIT, type Io } from "../command.ts";
import type { NewFile } from "./files.ts";
import { fromNsc } from "./from-nsc.ts";
import { folderOf, issuerOf, schemaFiles, write } from "./shared.ts";
import { casesText, configText, policyText } from "./texts.ts";

const ACCOUNT = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

/** Makes everything that a first credential needs: a NATS operator, a server's configuration, ours. */
export const init: Command = {
  name: "init",
  summary: "Make a NATS operator with an account, and all files for a first start",
  details: `For those who start from nothing: afterwards nats-server and nats-sts run on the files as they are.
Overwrites nothing. Where the accounts exist already, use --from-nsc or write nats-sts.yaml by hand:
one account signing key is enough.`,
  example: "nats-sts init --dir ./sts --issuer https://idp.example.com",
  options: {
    dir: { type: "string", takes: "folder", default: ".", describe: "The folder to write into" },
    "from-nsc": {
      type: "string",
      takes: "folder",
      describe: "Use the accounts of an operator's folder in an nsc store, and make no keys",
    },
    "nsc-keys": {
      type: "string",
      takes: "folder",
      describe: "nsc's key folder, or NKEYS_PATH (default: ~/.local/share/nats/nsc/keys)",
    },
    account: { type: "string", default: "APP", describe: "The name of the application account" },
    operator: { type: "string", default: "OPERATOR", describe: "The name of the operator" },
    issuer: {
      type: "string",
      default: "https://idp.example.com",
      describe: "Your identity provider: the exact iss of its tokens",
    },
    audience: {
      type: "string",
      default: "nats-sts",
      describe: "The aud of tokens for this service",
    },
  },
  async run(args, io) {
    if (args.values["from-nsc"] !== undefined) return fromNsc(args, io);
    const account = String(args.values["account"]);
    if (!ACCOUNT.test(account)) {
      io.err("nats-sts init: --account takes 1 to 64 letters, digits, - or _");
      return EXIT.usage;
    }
    const dir = folderOf(args, io);
    const tree = await newTree(String(args.values["operator"]), account);
    const files = await filesOf(tree, dir, args);
    return (await write(dir, files, io)) ? done(dir, account, args, io) : EXIT.no;
  },
};

async function filesOf(tree: NatsTree, dir: string, args: Args): Promise<NewFile[]> {
  const { operator, system, account } = tree;
  const secret = (path: string, text: string) => ({
    path: `keys/${path}`,
    text: `${text}\n`,
    secret: true,
  });
  const signing_key_file = `./keys/${account.name}-signing.nk`;
  return [
    { path: "nats-server.conf", text: serverConf(tree, dir), secret: false },
    {
      path: "nats-sts.yaml",
      text: configText(issuerOf(args), [{ ...account, signing_key_file }]),
      secret: false,
    },
    { path: "policy.yaml", text: policyText([account.name]), secret: false },
    { path: "policy.cases.yaml", text: casesText([account.name]), secret: false },
    secret("operator.nk", operator.seed),
    secret("operator-signing.nk", operator.signing.seed),
    secret("SYS.nk", system.seed),
    secret("system.creds", system.user_creds),
    secret(`${account.name}.nk`, account.seed),
    secret(`${account.name}-signing.nk`, account.signing.seed),
    ...(await schemaFiles()),
  ];
}

function done(dir: string, account: string, { values }: Args, io: Io): number {
  const at = relative(io.cwd, dir) || ".";
  const config = `${at}/nats-sts.yaml`;
  io.out(`Made in ${dir}:

  nats-server.conf             a server in operator mode, ready to run
  nats-sts.yaml, policy.yaml   the service and who gets what, with comments that teach
  policy.cases.yaml            who must get what, and who must not: the tests of the policy
  keys/${`${account}-signing.nk`.padEnd(23)} signs credentials: the only key that nats-sts uses
  keys/operator-signing.nk     signs accounts: for changes to them, not for nats-sts
  keys/system.creds            a user of the system account: to push accounts, not for nats-sts
  keys/operator.nk             ROOT OF TRUST: move it offline now, with SYS.nk and ${account}.nk

Next:

  nats-server --config ${at}/nats-server.conf
  nats-sts check --config ${config}
  nats-sts policy test ${at}/policy.cases.yaml
  nats-sts serve --config ${config}`);
  if (values["issuer"] === "https://idp.example.com") {
    io.out(`\nFirst put the URL of your identity provider into ${config}: issuers[0].url.`);
  }
  return EXIT.done;
}
