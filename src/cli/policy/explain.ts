import { dirname, join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { readWritten } from "../../config/index.ts";
import { JWT_LIMIT_BYTES, jwtBytes, type UserClaims } from "../../credential/index.ts";
import { ERRORS } from "../../errors.ts";
import { claimsIn, type Identity } from "../../identity/index.ts";
import { explain, identityFor } from "../../policy/index.ts";
import { type Args, type Command, EXIT, type Io } from "../command.ts";
import { narrowingIn } from "../narrowing.ts";
import { asJson } from "../show.ts";
import { explained } from "./explain-text.ts";
import { jwtFor } from "./jwt.ts";
import { type Opened, openNamed, POLICY_OPTIONS, UsageError, withFaults } from "./load.ts";

type Claims = Readonly<Record<string, unknown>>;

/** Says what a policy makes of some claims, and why. */
export const policyExplain: Command = {
  name: "policy explain",
  operands: "CLAIMS.json",
  summary: "Say what a policy gives to some claims, and for each rule why or why not",
  details: `CLAIMS.json holds the claims of a token, or a whole token; - reads it from standard input. Tokens
are not taken from the command line, where others could see them. THEIR SIGNATURE IS NOT CHECKED:
this says what the policy would give if it were good. Values of claims are shown.

The time is the claims' own iat, so that an old token explains itself; --at now asks about now, as
do claims without a time.
Exits with 0 when there would be a credential, with 1 when not.`,
  example: "nats-sts policy explain --config nats-sts.yaml claims.json",
  options: {
    ...POLICY_OPTIONS,
    issuer: { type: "string", describe: "Name of the issuer, where the claims have no iss" },
    at: { type: "string", describe: "The time: now, or such as 2027-01-31T08:00:00Z" },
    account: { type: "string", describe: "Ask for this account" },
    roles: { type: "string", multiple: true, describe: "Ask for this role; may be repeated" },
    publish: {
      type: "string",
      multiple: true,
      describe: "Ask for this subject; may be repeated; '' for none",
    },
    subscribe: {
      type: "string",
      multiple: true,
      describe: "Ask for this subject, or 'subject queue'; may be repeated; '' for none",
    },
    ttl: { type: "string", describe: "Ask for a shorter life, such as 5m" },
    json: { type: "boolean", describe: "Print JSON" },
  },
  run: (args, io) =>
    withFaults("policy explain", io, EXIT.usage, async () => {
      const opened = await openNamed(args, io);
      const claims = await readClaims(args, io);
      const request = narrowingIn(args);
      if (typeof request === "string") throw new UsageError(request);
      const named = args.values["issuer"];
      const at_s = timeIn(args, io);
      const who = identityFor(
        claims,
        named === undefined ? undefined : String(named),
        opened.issuers,
        at_s ?? Math.floor(io.now_ms() / 1000),
      );
      if (!("identity" in who)) {
        const { code, why } = who;
        io.out(
          args.values["json"]
            ? asJson({ verified: false, allow: false, code, why })
            : `REFUSED  ${code}: ${ERRORS[code].say}\n         ${why}`,
        );
        return EXIT.no;
      }
      const now_s = at_s ?? who.now_s;
      const { identity } = who;
      const { decision, rules: found } = explain(opened.open, identity, request, now_s);
      const folder = dirname(opened.file);
      const rules = found.map((rule) => ({ ...rule, file: join(folder, rule.file) }));
      const jwt = decision.allow
        ? jwtFor(decision.grant, { ...identity, now_s }, opened)
        : undefined;
      const size = jwt && { bytes: jwtBytes(jwt), limit_bytes: JWT_LIMIT_BYTES };
      const fits = size !== undefined && size.bytes <= size.limit_bytes;
      const code = decision.allow ? (fits ? undefined : "permissions_too_large") : decision.code;
      const answer = { identity, decision, rules, jwt, size, code, now_s, opened, cwd: io.cwd };
      io.out(args.values["json"] ? asJson(forPrograms(answer)) : explained(answer));
      return code === undefined ? EXIT.done : EXIT.no;
    }),
};

/** Everything that is told. */
export interface Answer extends ReturnType<typeof explain> {
  readonly identity: Identity;
  readonly jwt: UserClaims | undefined;
  readonly size: { readonly bytes: number; readonly limit_bytes: number } | undefined;
  /** Absent when there would be a credential. */
  readonly code: keyof typeof ERRORS | undefined;
  readonly now_s: number;
  readonly opened: Opened;
  readonly cwd: string;
}

function forPrograms({ identity, decision, rules, jwt, size, code, now_s, opened }: Answer) {
  return {
    verified: false,
    allow: code === undefined,
    ...(code !== undefined && { code, says: ERRORS[code].say }),
    ...(!decision.allow && { detail: decision.detail }),
    at: now_s,
    policy: opened.open.policy.digest,
    identity,
    rules,
    ...(decision.allow && { grant: decision.grant }),
    ...(jwt && { jwt, size }),
  };
}

async function readClaims({ operands }: Args, io: Pick<Io, "cwd" | "stdin">): Promise<Claims> {
  const [name, ...more] = operands;
  if (name === undefined || more.length > 0)
    throw new UsageError("name one file with claims, or - for standard input");
  // A token that was typed here by mistake is not repeated on the terminal.
  if (/^ey[\w-]+\.[\w-]+\./.test(name))
    throw new UsageError("a token does not belong on the command line: put it into a file");
  let source: string;
  if (name === "-") source = await text(io.stdin());
  else {
    const bytes = await readWritten(resolve(io.cwd, name));
    if ("fault" in bytes) throw new UsageError(`${name} ${bytes.fault}`);
    source = Buffer.from(bytes).toString("utf8");
  }
  try {
    return claimsIn(source);
  } catch {
    throw new UsageError(
      `${name === "-" ? "standard input" : name} is neither a JSON object without members twice nor a token`,
    );
  }
}

function timeIn({ values }: Args, io: Pick<Io, "now_ms">): number | undefined {
  const at = values["at"];
  if (at === undefined) return undefined;
  const time_ms = at === "now" ? io.now_ms() : Date.parse(String(at));
  if (Number.isNaN(time_ms)) throw new UsageError("--at must be now or a time in RFC 3339");
  return Math.floor(time_ms / 1000);
}
