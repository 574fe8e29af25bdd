import assert from "node:assert/strict";
import { test } from "node:test";
import type { Scheduler } from "fast-check";
import { type Arena, contend, hidden, OWNER, tidy } from "../../src/journal/lock-contest.ts";
import { fc } from "../support/fc.ts";

/** A folder in which each step of each process waits until the scheduler lets it happen. */
class Folder {
  readonly holders: string[] = [];
  private readonly scheduler: Scheduler;
  private readonly sockets: Map<string, string>;
  private readonly dead = new Set<string>();

  constructor(scheduler: Scheduler, left_over: readonly string[]) {
    this.scheduler = scheduler;
    this.sockets = new Map(left_over.map((name) => [name, "somebody who died"]));
    this.dead.add("somebody who died");
  }

  /** Contends and lets go again, if `stays` is false. */
  async run(tag: string, stays: boolean): Promise<"won" | "lost" | "killed"> {
    try {
      const arena = this.arenaOf(tag);
      await this.turn(tag, () => this.sockets.set(hidden(tag), tag));
      const won = await contend(tag, arena);
      if (!won) return "lost";
      await tidy(arena);
      if (stays) return "won";
      await this.turn(tag, () => {
        this.sockets.delete(OWNER);
        this.holders.splice(this.holders.indexOf(tag), 1);
      });
      return "won";
    } catch (error) {
      if (error === tag) return "killed";
      throw error;
    }
  }

  kill(tag: string): void {
    this.dead.add(tag);
    if (this.holders.includes(tag)) this.holders.splice(this.holders.indexOf(tag), 1);
  }

  private arenaOf(tag: string): Arena {
    return {
      // A folder is not read at once: what changes its name meanwhile may be missed.
      names: async () => {
        const before = await this.turn(tag, () => [...this.sockets.keys()]);
        return this.turn(tag, () => before.filter((name) => this.sockets.has(name)));
      },
      ask: (name) =>
        this.turn(tag, () => {
          const who = this.sockets.get(name);
          return who === undefined ? "absent" : this.dead.has(who) ? "dead" : "alive";
        }),
      rename: (from, to) =>
        this.turn(tag, () => {
          if (!this.sockets.delete(from)) return false;
          this.sockets.set(to, tag);
          if (to === OWNER) this.holders.push(tag);
          assert.ok(this.holders.length <= 1, `${this.holders} have the folder`);
          return true;
        }),
      remove: (name) => this.turn(tag, () => void this.sockets.delete(name)),
      pause: () => this.turn(tag, () => {}),
    };
  }

  private async turn<T>(tag: string, step: () => T): Promise<T> {
    await this.scheduler.schedule(Promise.resolve(), tag);
    if (this.dead.has(tag)) throw tag;
    return step();
  }
}

const tag = (i: number) => `0000000${i}`;
const left_over = fc.subarray([OWNER, "lock.00000000", "lock.99999999", "wait.99999999"]);

test("however the steps of several starts mix, at most one has the folder, and without deaths one gets it", () =>
  fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      left_over,
      fc.integer({ min: 2, max: 4 }),
      async (s, names, n) => {
        const folder = new Folder(s, names);
        const all = Array.from({ length: n }, (_, i) => folder.run(tag(i), true));
        const said = await s.waitFor(Promise.all(all));
        assert.deepEqual(said.sort(), [...Array(n - 1).fill("lost"), "won"]);
      },
    ),
    { numRuns: 100 },
  ));

const some_process = fc.record({
  stays: fc.boolean(),
  late: fc.nat(20),
  killed_after: fc.option(fc.nat(12), { nil: undefined }),
});

test("however starts, ends and deaths mix, at most one has the folder", () =>
  fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      left_over,
      fc.array(some_process, { minLength: 2, maxLength: 4 }),
      async (s, names, processes) => {
        const folder = new Folder(s, names);
        const all = processes.map(async ({ stays, killed_after, late }, i) => {
          const steps = async (n: number) => {
            for (let step = 0; step < n; step++) await s.schedule(Promise.resolve());
          };
          await steps(late);
          const run = folder.run(tag(i), stays);
          if (killed_after !== undefined) await steps(killed_after).then(() => folder.kill(tag(i)));
          return run;
        });
        await s.waitFor(Promise.all(all));
      },
    ),
    { numRuns: 300 },
  ));
