import type { Identity } from "../identity/index.ts";
import { type Decision, rolesOf } from "../policy/index.ts";
import { entryOf } from "./entry.ts";
import { explained } from "./events.ts";
import { refuse } from "./refuse.ts";
import { decided, identified, recorded } from "./steps.ts";
import type { Ask, World } from "./world.ts";

/** What an exchange would give, and to whom. */
export interface Explanation {
  readonly identity: Identity;
  /** Names of all its roles, by account. */
  readonly roles: Readonly<Record<string, readonly string[]>>;
  readonly decision: Decision;
}

/** token -> identity -> decision -> journal -> answer: the same steps as far as they give nothing. */
export async function explain(ask: Ask, world: World): Promise<Explanation> {
  const entry = entryOf(ask);
  try {
    const identity = await identified(ask, world, entry, world.now_s());
    const decision = await decided(identity, ask, world, entry, world.now_s());
    await recorded({ ...entry, ...explained(decision) }, world);
    return { identity, roles: rolesOf(world.policy, identity), decision };
  } catch (error) {
    throw await refuse(error, entry, world);
  }
}
