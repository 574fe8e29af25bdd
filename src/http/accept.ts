/** The forms of an answer. The first one wins a tie. */
export const JSON_TYPE = "application/json";
export const CREDS_TYPES = ["text/plain", "application/vnd.nats.creds"] as const;

interface Range {
  readonly type: string;
  readonly q: number;
}

/**
 * The offered media type that `Accept` likes best (RFC 9110 §12.5.1): the highest weight wins, the
 * earlier offer on a tie. Undefined where it takes none of them.
 */
export function bestType(
  accept: string | undefined,
  offers: readonly string[],
): string | undefined {
  if (accept === undefined || accept.trim() === "") return offers[0];
  const ranges = accept.split(",").map(parseRange);
  let best: string | undefined;
  let best_q = 0;
  for (const offer of offers) {
    const q = weightOf(offer, ranges);
    if (q > best_q) [best, best_q] = [offer, q];
  }
  return best;
}

function parseRange(text: string): Range {
  const [type = "", ...parameters] = text.split(";").map((part) => part.trim().toLowerCase());
  const weight = parameters.find((parameter) => parameter.startsWith("q="));
  if (weight === undefined) return { type, q: 1 };
  const value = weight.slice(2);
  return { type, q: /^(0(\.\d{0,3})?|1(\.0{0,3})?)$/.test(value) ? Number(value) : 0 };
}

/** The most specific range that fits decides; within it the highest weight. */
function weightOf(offer: string, ranges: readonly Range[]): number {
  const family = `${offer.split("/")[0]}/*`;
  for (const specific of [offer, family, "*/*"]) {
    const fitting = ranges.filter(({ type }) => type === specific);
    if (fitting.length > 0) return Math.max(...fitting.map(({ q }) => q));
  }
  return 0;
}
