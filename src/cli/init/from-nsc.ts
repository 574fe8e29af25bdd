import { join, relative, resolve } from "node:path";
import { type NscAccount, readNscStore } from "../../nats/index.ts";
import { type Args, EXIT, type Io } from "../command.ts";
import { shellWord, visible } from "../show.ts";
import { ACCOUNT, faultsOf, folderOf, issuerOf, schemaFiles, write } from "./shared.ts";
import { casesText, configText, policyText } from "./texts.ts";

/** Writes configuration and a policy skeleton for accounts that nsc manages. Makes no keys. */
export async function fromNsc(args: Args, io: Io): Promise<number> {
  const store = resolve(io.cwd, String(args.values["from-nsc"]));
  const accounts = await readNscStore(store, keysFolder(args, io)).catch((error: Error) => {
    io.err(`nats-sts init: ${error.message}`);
  });
  if (!accounts) return EXIT.no;
  const usable = accounts.flatMap(({ signing_key_file, ...account }) =>
    signing_key_file === undefined || !ACCOUNT.test(account.name)
      ? []
      : [{ ...account, signing_key_file }],
  );
  for (const account of accounts) {
    const said = advice(account);
    if (said !== undefined) io.err(visible(said));
  }
  if (usable.length === 0) {
    io.err(
      `nats-sts init: no account in ${store} can be used as it is, so there is nothing to write`,
    );
    return EXIT.no;
  }
  const dir = folderOf(args, io);
  const names = usable.map(({ name }) => name);
  const text = configText(issuerOf(args), usable);
  const faults = faultsOf(text, dir);
  for (const fault of faults) io.err(visible(`nats-sts init: ${fault}`));
  if (faults.length > 0) return EXIT.usage;
  const files = [
    { path: "nats-sts.yaml", text, secret: false },
    { path: "policy.yaml", text: policyText(names), secret: false },
    { path: "policy.cases.yaml", text: casesText(names), secret: false },
    ...(await schemaFiles()),
  ];
  if (!(await write(dir, files, io))) return EXIT.no;
  const at = relative(io.cwd, dir) || ".";
  const config = shellWord(join(at, "nats-sts.yaml"));
  io.out(`Made nats-sts.yaml, policy.yaml and policy.cases.yaml in ${dir} for ${names.join(", ")}.
The keys stay where nsc has them; the store was only read.

Next: put your identity provider and your servers into ${config}, then

  nats-sts check --config ${config}
  nats-sts policy test ${shellWord(join(at, "policy.cases.yaml"))}

What the users of the store may do today becomes a policy with

  nats-sts policy import --from-nsc ${shellWord(store)} --config ${config} --dir ${shellWord(join(at, "imported"))}`);
  return EXIT.done;
}

function keysFolder({ values }: Args, { env, cwd }: Pick<Io, "env" | "cwd">): string {
  const named = values["nsc-keys"] ?? env["NKEYS_PATH"];
  if (named) return resolve(cwd, String(named));
  return join(env["XDG_DATA_HOME"] || join(env["HOME"] || "/", ".local/share"), "nats/nsc/keys");
}

/** Why an account is left out; undefined where it is not. */
function advice({ name, signing_keys, signing_key_file }: NscAccount): string | undefined {
  if (!ACCOUNT.test(name))
    return `${JSON.stringify(name)}: left out, for a name here has 1 to 64 letters, digits, - or _; add it to nats-sts.yaml by its public_key, under a name of its own`;
  if (signing_keys.length === 0)
    return `${name}: has no signing key; make one with: nsc edit account --name ${name} --sk generate && nsc push --account ${name}`;
  return signing_key_file === undefined
    ? `${name}: the seed of its signing key is not in the key folder; name the folder with --nsc-keys`
    : undefined;
}
