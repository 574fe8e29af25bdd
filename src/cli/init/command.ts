import { relative } from "node:path";
import { type NatsTree, newTree, serverConf } from "../../nats/index.ts";
import { type Args, type Command, EXIT, type Io } from "../command.ts";
import { shellWord, visible } from "../show.ts";
import type { NewFile } from "./files.ts";
import { fromNsc } from "./from-nsc.ts";
import { ACCOUNT, faultsOf, folderOf, issuerOf, schemaFiles, write } from "./shared.ts";
import { casesText, configText, policyText } from "./texts.ts";

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
    const operator = String(args.values["operator"]);
    const dir = folderOf(args, io);
    const fault = faultOf(account, operator, dir);
    if (fault !== undefined) return wrong([fault], io);
    const tree = await newTree(operator, account);
    const config = configOf(tree, args);
    const faults = faultsOf(config, dir);
    if (faults.length > 0) return wrong(faults, io);
    const files = await filesOf(tree, dir, config);
    return (await write(dir, files, io)) ? done(dir, account, args, io) : EXIT.no;
  },
};

/** What no rule of the configuration says. */
function faultOf(account: string, operator: string, dir: string): string | undefined {
  if (!ACCOUNT.test(account)) return "--account takes 1 to 64 letters, digits, - or _";
  // Where file systems make no difference between capital letters and others, too.
  if (TAKEN.test(account))
    return `--account ${account} would put its keys where those of the operator or the system account are: choose another name`;
  if (!/^[ -.0-~]{1,64}$/.test(operator)) return "--operator takes 1 to 64 characters, and no /";
  return visible(dir) === dir ? undefined : "--dir has a character in it that cannot be seen";
}

const TAKEN = /^(operator|operator-signing|sys|system)$/i;

function wrong(faults: readonly string[], io: Io): number {
  for (const fault of faults) io.err(visible(`nats-sts init: ${fault}`));
  return EXIT.usage;
}

const configOf = ({ account }: NatsTree, args: Args) =>
  configText(issuerOf(args), [
    { ...account, signing_key_file: `./keys/${account.name}-signing.nk` },
  ]);

async function filesOf(tree: NatsTree, dir: string, config: string): Promise<NewFile[]> {
  const { operator, system, account } = tree;
  const secret = (path: string, text: string) => ({
    path: `keys/${path}`,
    text: `${text}\n`,
    secret: true,
  });
  return [
    { path: "nats-server.conf", text: serverConf(tree, dir), secret: false },
    { path: "nats-sts.yaml", text: config, secret: false },
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
  const named = (file: string) => shellWord(`${at}/${file}`);
  const config = named("nats-sts.yaml");
  io.out(`Made in ${dir}:

  nats-server.conf             a server in operator mode, ready to run
  nats-sts.yaml, policy.yaml   the service and who gets what, with comments that teach
  policy.cases.yaml            who must get what, and who must not: the tests of the policy
  keys/${`${account}-signing.nk`.padEnd(23)} signs credentials: the only key that nats-sts uses
  keys/operator-signing.nk     signs accounts: for changes to them, not for nats-sts
  keys/system.creds            a user of the system account: to push accounts, not for nats-sts
  keys/operator.nk             ROOT OF TRUST: move it offline now, with SYS.nk and ${account}.nk

Next:

  nats-server --config ${named("nats-server.conf")}
  nats-sts check --config ${config}
  nats-sts policy test ${named("policy.cases.yaml")}
  nats-sts serve --config ${config}`);
  if (values["issuer"] === "https://idp.example.com") {
    io.out(`\nFirst put the URL of your identity provider into ${config}: issuers[0].url.`);
  }
  return EXIT.done;
}
