/** The folder as those see it who contend for it: names, and who can be reached under them. */
export interface Arena {
  names(): Promise<readonly string[]>;
  /** `dead` when the name is there and nobody listens on it any more. */
  ask(name: string): Promise<"alive" | "dead" | "absent">;
  /** Replaces what has the name `to`. False when nothing has the name `from`. */
  rename(from: string, to: string): Promise<boolean>;
  remove(name: string): Promise<void>;
  pause(): Promise<void>;
}

/** The name of the owner. */
export const OWNER = "lock.sock";
/** Somebody who wants the folder, for others to see. */
const SHOWN = /^lock\.[0-9a-f]{8}$/;
/** Somebody who does not, or not yet: a socket has this name before it listens. */
const HIDDEN = /^wait\.[0-9a-f]{8}$/;

export const shown = (tag: string) => `lock.${tag}`;
export const hidden = (tag: string) => `wait.${tag}`;

/** Times one looks around before it gives up: with the pauses between, some seconds. */
const LOOKS_LIMIT = 400;

/**
 * Contends for the folder with a socket that listens under its hidden name.
 *
 * At most one has it at a time. Who has it showed its name first, looked around afterwards, and found
 * nobody; and it can be found from then on, under that name or the owner's. Of two, the one that showed
 * itself later would have found the other. A name that is dead is so for ever, for no two processes
 * choose the same: so what is removed is never somebody who lives.
 *
 * Of several that see each other, the one with the lowest tag stays, and the others hide until it has
 * the folder or is gone.
 *
 * @returns whether it has the folder
 */
export async function contend(tag: string, arena: Arena): Promise<boolean> {
  let visible = false;
  for (let looks = 0; looks < LOOKS_LIMIT; looks++) {
    const { owned, rivals } = await lookAround(tag, arena);
    if (owned) return false;
    if (visible && rivals.length === 0) return arena.rename(shown(tag), OWNER);
    const gives_way = rivals.some((rival) => rival < shown(tag));
    if (visible && gives_way) {
      if (!(await arena.rename(shown(tag), hidden(tag)))) return false;
      visible = false;
    } else if (!visible && rivals.length === 0) {
      if (!(await arena.rename(hidden(tag), shown(tag)))) return false;
      visible = true;
      continue;
    }
    await arena.pause();
  }
  return false;
}

/** Who becomes the owner meanwhile changes its name from one that is asked first to the last one. */
async function lookAround(tag: string, arena: Arena) {
  const rivals: string[] = [];
  for (const name of await arena.names()) {
    if (!SHOWN.test(name) || name === shown(tag)) continue;
    const answer = await arena.ask(name);
    if (answer === "alive") rivals.push(name);
    if (answer === "dead") await arena.remove(name);
  }
  return { rivals, owned: (await arena.ask(OWNER)) === "alive" };
}

/** For the owner: forgets those who died before they showed themselves. */
export async function tidy(arena: Arena): Promise<void> {
  for (const name of await arena.names()) {
    if (HIDDEN.test(name) && (await arena.ask(name)) === "dead") await arena.remove(name);
  }
}
