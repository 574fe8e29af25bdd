import { type Identity, identityDigest } from "../src/identity/index.ts";
import { decide, loadPolicy, type Policy } from "../src/policy/index.ts";

/**
 * What a decision costs as a policy grows: a program of its own, on the core of the servers. Both
 * policies are gone through in turns, so that whatever disturbs one disturbs the other. Prints one line
 * of JSON.
 */

/** Decisions by a policy of this size. */
interface Decided {
  readonly rules: number;
  readonly per_s: number;
  /** Processor time of one decision, microseconds. */
  readonly cpu_us: number;
}

/** The two sizes, and how much more a decision costs with the larger one. */
interface Compared {
  readonly small: Decided;
  readonly large: Decided;
  readonly cost_ratio: number;
}

/** By rules that ask for a scope, and by rules that are found in other ways. */
export interface DecideReport extends Compared {
  readonly others: readonly (Compared & { readonly shape: string })[];
}

const SIZES = [10, 10_000] as const;
const NOW_S = 1_800_000_000;
/** Decisions in a row before it is the turn of the other: some milliseconds. */
const TURN = 2_000;
const CALLERS = 64;

/** What a rule asks, and what its callers have besides. Whoever is of team `i` fits the rule of team `i`. */
interface Shape {
  readonly shape: string;
  criteria(i: number): string;
  claims(i: number): Readonly<Record<string, unknown>>;
  scope(i: number): string;
}

const STAFF = "claims: { groups: { has: staff } }";
/** One rule a team, as a company has: by a scope, with a claim and a slot. */
const TEAMS: Shape = {
  shape: "scope",
  criteria: (i) => `scopes: [team-${i}.work], ${STAFF}`,
  claims: () => ({}),
  scope: (i) => `team-${i}.work`,
};
const OTHERS: readonly Shape[] = [
  {
    shape: "like",
    criteria: (i) => `claims: { repository: { like: "team-${i}/*" } }`,
    claims: (i) => ({ repository: `team-${i}/app` }),
    scope: () => "work",
  },
  {
    shape: "shared scope and like",
    criteria: (i) => `scopes: [work], claims: { repository: { like: "team-${i}/*" } }`,
    claims: (i) => ({ repository: `team-${i}/app` }),
    scope: () => "work",
  },
  {
    shape: "domain",
    criteria: (i) => `claims: { email: { domain: team-${i}.test } }`,
    claims: (i) => ({ email: `somebody@team-${i}.test`, email_verified: true }),
    scope: () => "work",
  },
];

function policyOf({ criteria }: Shape, count: number): Policy {
  const rules = Array.from(
    { length: count },
    (_, i) =>
      `  - { name: team-${i}, issuer: corp, ${criteria(i)}, grant: { account: ORDERS, publish: ["team-${i}.{client_id}.>"], subscribe: [team-${i}.>] } }`,
  );
  const bytes = Buffer.from(`version: 1\nrules:\n${rules.join("\n")}\n`);
  const context = { accounts: ["ORDERS"], issuers: ["corp"], default_ttl_s: 900, max_ttl_s: 3600 };
  return loadPolicy([{ path: "policy.yaml", bytes }], context);
}

/** Callers of teams all over the policy. */
function callersOf({ claims, scope }: Shape, count: number): readonly Identity[] {
  return Array.from({ length: CALLERS }, (_, i) => {
    const client = `service-${i}`;
    const team = Math.floor((i * count) / CALLERS);
    const issuer_url = "https://corp.example.test";
    return {
      ...{ issuer: "corp", issuer_url, kind: "client" as const, subject: client, client },
      scopes: ["openid", scope(team)],
      claims: { client_id: client, groups: ["readers", "staff"], ...claims(team) },
      token_expires_at: NOW_S + 3600,
      token_kind: "access" as const,
      digest: identityDigest(issuer_url, "client", client),
    };
  });
}

/** Makes a turn of decisions, which takes so many milliseconds of processor time. */
function turnsOf(shape: Shape, count: number): () => number {
  const policy = policyOf(shape, count);
  const callers = callersOf(shape, count);
  return () => {
    const before = process.cpuUsage();
    for (let i = 0; i < TURN; i++) {
      const caller = callers[i % CALLERS];
      if (!caller || !decide(policy, caller, {}, NOW_S).allow) throw new Error("refused");
    }
    const { user, system } = process.cpuUsage(before); // microseconds
    return (user + system) / 1000;
  };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

function measure(shape: Shape, limit_ms: number): Compared {
  const [small, large] = [turnsOf(shape, SIZES[0]), turnsOf(shape, SIZES[1])];
  const took = { small: [] as number[], large: [] as number[] };
  for (const end = performance.now() + limit_ms / 4; performance.now() < end; ) small() + large();
  for (const end = performance.now() + limit_ms; performance.now() < end; ) {
    took.small.push(small());
    took.large.push(large());
  }
  const decided = (rules: number, turns_ms: readonly number[]): Decided => {
    const ms = median(turns_ms);
    return { rules, per_s: (TURN / ms) * 1000, cpu_us: (ms / TURN) * 1000 };
  };
  const rows = { small: decided(SIZES[0], took.small), large: decided(SIZES[1], took.large) };
  return { ...rows, cost_ratio: rows.large.cpu_us / rows.small.cpu_us };
}

const [seconds = "1"] = process.argv.slice(2);
const limit_ms = Number(seconds) * 1000;
const report: DecideReport = {
  ...measure(TEAMS, limit_ms),
  others: OTHERS.map((each) => ({ shape: each.shape, ...measure(each, limit_ms / 2) })),
};
console.log(JSON.stringify(report));
