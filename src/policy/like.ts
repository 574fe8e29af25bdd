/** Longer values fit no form: whoever makes a token shall not choose how long we look. */
const VALUE_LIMIT_CHARS = 1024;
/** What a star never stands for: what separates parts of a name, and what nobody can see. */
const SEPARATOR = /[/.\s\p{C}]/u;

/** Why a text is no form, as the rest of a sentence that begins with the text. */
export function likeFault(form: string): string | undefined {
  if (!form.includes("*")) return "has no *: write the value itself";
  if (form.includes("**")) return "has two * in a row: one * never goes across / or .";
  return undefined;
}

/**
 * The test of one form. `*` stands for any characters but `/`, `.` and blanks, none included;
 * everything else for itself. Each part between two stars is looked for once, from the left: as no
 * star goes across a separator, a later place can only fit where the first one does. So it takes time
 * linear in the value.
 */
export function likeTest(form: string): (value: unknown) => boolean {
  const [head = "", ...rest] = form.split("*");
  const tail = rest.pop() ?? "";
  return (value) => {
    if (typeof value !== "string" || value.length > VALUE_LIMIT_CHARS) return false;
    const end = value.length - tail.length;
    if (head.length > end || !value.startsWith(head) || !value.endsWith(tail)) return false;
    let at = head.length;
    for (const part of rest) {
      const found = value.indexOf(part, at);
      if (found < 0 || found + part.length > end || SEPARATOR.test(value.slice(at, found)))
        return false;
      at = found + part.length;
    }
    return !SEPARATOR.test(value.slice(at, end));
  };
}
