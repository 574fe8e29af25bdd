const UNITS = [
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
  ["second", 1],
] as const;

/** A length of time in words, rounded down to its largest unit: `2 hours`. */
export function spanInWords(seconds: number): string {
  const [unit, size] = UNITS.find(([, size]) => seconds >= size) ?? (["second", 1] as const);
  const number = Math.floor(seconds / size);
  return `${number} ${unit}${number === 1 ? "" : "s"}`;
}

/** A time as seen from another one, and when that is: `in 4 minutes (2027-01-31T08:00:00Z)`. */
export function momentInWords(at_s: number, now_s: number): string {
  const time = new Date(at_s * 1000);
  if (Number.isNaN(time.getTime())) return "at no time that a calendar has";
  const span = spanInWords(Math.abs(at_s - now_s));
  const words = at_s > now_s ? `in ${span}` : `${span} ago`;
  return `${words} (${time.toISOString().replace(/\.\d+Z$/, "Z")})`;
}
