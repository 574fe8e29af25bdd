import { relative, resolve } from "node:path";
import type { LoadedConfig } from "../../config/index.ts";
import {
  type Imported,
  identityFor,
  importUsers,
  isEverything,
  type OldWorld,
} from "../../policy/index.ts";
import { type Args, type Command, EXIT, type Io } from "../command.ts";
import { existing, type NewFile, writeNew } from "../init/files.ts";
import { schemaFiles } from "../init/shared.ts";
import { count, shellWord, visible } from "../show.ts";
import { assertSound } from "./import-check.ts";
import { readOld } from "./import-read.ts";
import { configOf, UsageError, withFaults } from "./load.ts";

/** Makes a policy of users that are there already. */
export const policyImport: Command = {
  name: "policy import",
  operands: "[CREDS...]",
  summary: "Make a policy of the users that there are: roles, rules to fill in, and cases",
  details: `Reads the user JWTs of an nsc store, or of creds files, and touches nothing: no seed is read. Users
with equal rights become one role, which never permits more than nats-server did; what cannot be
carried over stands there as a comment with the reason. Each role has a rule that waits for you to say
who it is, and matches nobody until then. Without --dir, the policy goes to standard output.`,
  example:
    "nats-sts policy import --from-nsc ~/.local/share/nats/nsc/stores/OPERATOR --dir ./imported",
  options: {
    "from-nsc": {
      type: "string",
      takes: "folder",
      describe: "The users of an operator's folder in an nsc store",
    },
    "from-creds": {
      type: "string",
      multiple: true,
      takes: "file",
      describe:
        "The user of a creds file; more can follow. With --from-nsc, their accounts are looked up there",
    },
    config: {
      type: "string",
      short: "c",
      takes: "file",
      describe:
        "A configuration: its names of accounts and issuers (default: those of nsc, and idp)",
    },
    dir: {
      type: "string",
      takes: "folder",
      describe: "The folder to write into; nothing is overwritten",
    },
    location: {
      type: "string",
      describe:
        "The time zone of the servers, for users with times of day in theirs: Europe/Warsaw",
    },
  },
  run: (args, io) =>
    withFaults("policy import", io, EXIT.usage, async () => {
      const loaded = args.values["config"] === undefined ? undefined : await configOf(args, io);
      const old = await readOld(args, io);
      const world = worldOf(old, loaded, args, io);
      const imported = importUsers(old.users, world, issuerIn(loaded), old.unread);
      if (imported.roles.length === 0) {
        for (const line of saidLeftOut(imported)) io.err(line);
        io.err("nats-sts policy import: there is no user whose rights could be carried over");
        return EXIT.no;
      }
      assertSound(imported, loaded?.config);
      return args.values["dir"] === undefined
        ? print(imported, io)
        : write(imported, resolve(io.cwd, String(args.values["dir"])), io);
    }),
};

function worldOf(
  { accounts }: Pick<OldWorld, "accounts">,
  loaded: LoadedConfig | undefined,
  { values }: Args,
  io: Io,
): OldWorld {
  const configured = loaded?.config.accounts.map(
    ({ public_key, name }) => [public_key, name] as const,
  );
  const location = values["location"];
  return {
    accounts,
    now_s: Math.floor(io.now_ms() / 1000),
    ...(configured && { configured: new Map(configured) }),
    ...(location !== undefined && { location: String(location) }),
  };
}

/** What init calls an issuer. */
const SOME_ISSUER = "idp";

/** Preferred is an issuer by which a bare subject is an identity, so that the cases hold with it, too. */
function issuerIn(loaded: LoadedConfig | undefined): string {
  const issuers = loaded?.config.issuers ?? [];
  const sub = "to do: who is it?";
  const reads = issuers.find((issuer) => {
    const who = identityFor({ sub }, issuer.name, [issuer]);
    return "identity" in who && who.identity.subject === sub && !who.identity.guarded;
  });
  return (reads ?? issuers[0])?.name ?? SOME_ISSUER;
}

async function print(imported: Imported, io: Io): Promise<number> {
  await io.write(imported.policy);
  for (const line of [...summary(imported), ...saidLeftOut(imported)]) io.err(line);
  io.err("with --dir, the cases that test it are written, too");
  return EXIT.done;
}

async function write(imported: Imported, dir: string, io: Io): Promise<number> {
  const files: NewFile[] = [
    { path: "policy.yaml", text: imported.policy, secret: false },
    { path: "policy.cases.yaml", text: imported.cases, secret: false },
  ];
  const taken = await existing(dir, files);
  if (taken.length > 0)
    throw new UsageError(`not overwriting ${taken.join(", ")} in ${dir}: choose another --dir`);
  const schemas = await schemaFiles();
  const there = await existing(dir, schemas);
  const wanted = [...files, ...schemas.filter(({ path }) => !there.includes(path))];
  const fault = await writeNew(dir, wanted);
  if (fault !== undefined) {
    io.err(visible(`nats-sts policy import: ${fault}`));
    return EXIT.no;
  }
  const at = relative(io.cwd, dir) || ".";
  for (const line of saidLeftOut(imported)) io.err(line);
  io.out(`${summary(imported).join("\n")}

Made policy.yaml and policy.cases.yaml in ${dir}. Nobody gets anything by it yet: say in each rule
who it is. Then

  nats-sts policy test ${shellWord(`${at}/policy.cases.yaml`)}
  nats-sts policy lint --policy ${shellWord(`${at}/policy.yaml`)}`);
  return EXIT.done;
}

function summary({ roles, left_out }: Imported): string[] {
  const users = new Set(roles.flatMap((role) => role.users.map(({ digest }) => digest)));
  const wide = roles.filter(({ fields }) => isEverything(fields)).map(({ name }) => name);
  const left = left_out.length > 0 ? `, ${left_out.length} left out` : "";
  return [
    `${count(users.size, "user")} became ${count(roles.length, "role")}${left}`,
    ...(wide.length > 0 ? [`WIDE: ${wide.join(", ")} may do everything in the account`] : []),
  ];
}

const saidLeftOut = ({ left_out }: Imported): string[] =>
  left_out.map(({ name, why }) => `left out: ${visible(name)}: ${visible(why)}`);
