import { StsError } from "../errors.ts";
import type { Asked } from "../journal/index.ts";
import { type AdminRole, adminOf } from "../policy/index.ts";
import { entryOf } from "./entry.ts";
import { refuse } from "./refuse.ts";
import { identified } from "./steps.ts";
import type { World } from "./world.ts";

/** What somebody wants to do as an administrator. */
export interface Act {
  readonly token: string;
  readonly can: AdminRole["can"][number];
  /** What exactly, for the journal. */
  readonly wish: Readonly<Record<string, string>>;
  readonly asked: Asked;
}

/**
 * token -> identity -> right -> journal: with this every act of administration begins.
 *
 * @returns the accounts in which the act may be done
 */
export async function authorize(act: Act, world: World): Promise<readonly string[]> {
  const entry = entryOf(act);
  try {
    const identity = await identified(act, world, entry, world.now_s());
    entry.policy = world.policy.digest;
    const roles = adminOf(world.policy, identity).filter(({ can }) => can.includes(act.can));
    if (roles.length === 0) throw new StsError("admin_not_granted", { can: act.can });
    const accounts = [...new Set(roles.flatMap((role) => role.accounts))].sort();
    const { can, wish } = act;
    await world.record({ ...entry, type: "admin.allowed", can, accounts, wish });
    return accounts;
  } catch (error) {
    throw await refuse(error, entry, world);
  }
}
