import type { Static, TSchema } from "typebox";
import { Compile, type Validator } from "typebox/compile";
import { Settings } from "typebox/system";
import { Default } from "typebox/value";
import { type Fault, FaultError, type Path } from "./fault.ts";
import { type Said, sayFault } from "./say.ts";
import { readYaml } from "./yaml.ts";

/** A file that fits its schema, with the means to say where in it something stands. */
export interface Document<T> {
  readonly value: T;
  /** A fault at the node of this path, or at the nearest that exists above it. */
  fault(path: Path, message: string): Fault;
}

/** A file read against its schema, whether it fits or not. */
export interface Draft<T> {
  readonly faults: readonly Fault[];
  /** What fits, with its defaults; undefined stands for what does not. */
  readonly value: Partially<T>;
  /** What there is if that is enough, so that other faults can be looked for. */
  readonly usable: T | undefined;
  /** Whether something here or below was taken out because it did not fit. */
  unfit(path: Path): boolean;
  fault(path: Path, message: string): Fault;
  /** Whether this was written, rather than filled in. */
  has(path: Path): boolean;
}

/** Any part may be missing. */
export type Partially<T> = T extends readonly (infer Item)[]
  ? readonly (Partially<Item> | undefined)[]
  : T extends object
    ? { readonly [K in keyof T]?: Partially<T[K]> | undefined }
    : T;

/** TypeBox stops at 8 complaints unless told otherwise; one value that fits no union makes as many. */
const COMPLAINTS_LIMIT = 10_000;

/**
 * Reads YAML strictly and checks it against a schema, in which unknown keys are faults.
 *
 * @throws {@link FaultError} with every fault and its position.
 */
export function readDocument<S extends TSchema>(
  source: string | Uint8Array,
  file: string,
  schema: S,
): Document<Static<S>> {
  const { faults, usable, fault } = readDraft(source, file, schema);
  if (faults.length > 0 || usable === undefined) throw new FaultError(faults);
  return { value: usable, fault };
}

/**
 * The same, but goes on where something does not fit, so that it can be told together with what a
 * schema cannot say.
 *
 * @throws {@link FaultError} where the file cannot be read as YAML at all
 */
export function readDraft<S extends TSchema>(
  source: string | Uint8Array,
  file: string,
  schema: S,
): Draft<Static<S>> {
  const written = readYaml(source, file);
  const fault = (path: Path, message: string): Fault => ({
    file,
    ...written.place(path),
    message,
  });
  const check: Validator = Compile(schema);
  const filled = Default(schema, written.value);
  if (check.Check(filled)) {
    const usable = filled as Static<S>; // just checked
    return {
      faults: [],
      value: usable as Partially<Static<S>>,
      usable,
      unfit: () => false,
      fault,
      has: written.has,
    };
  }
  const said = sayFault(complaintsOf(check, filled), schema, filled);
  if (said.length === 0) said.push({ path: [], message: "does not fit its schema" });
  const value = without(filled, said);
  const again = Default(schema, structuredClone(value));
  return {
    faults: said.map(({ path, message }) => fault(path, message)),
    value: value as Partially<Static<S>>, // whatever did not fit was taken out
    usable: check.Check(again) ? (again as Static<S>) : undefined, // just checked
    unfit: (path) => said.some((one) => path.every((step, i) => String(step) === one.path[i])),
    fault,
    has: written.has,
  };
}

function complaintsOf(check: Validator, value: unknown) {
  const { maxErrors } = Settings.Get();
  Settings.Set({ maxErrors: COMPLAINTS_LIMIT });
  try {
    return [...check.Errors(value)];
  } finally {
    Settings.Set({ maxErrors });
  }
}

/** The value with everything that something was said about taken out. Lists keep their indexes. */
function without(value: unknown, said: readonly Said[]): unknown {
  for (const { path } of said) {
    const last = path.at(-1);
    if (last === undefined) return {};
    let holder: unknown = value;
    for (const step of path.slice(0, -1)) holder = stepInto(holder, step);
    if (Array.isArray(holder)) holder[Number(last)] = undefined;
    else if (typeof holder === "object" && holder !== null) Reflect.deleteProperty(holder, last);
  }
  return value;
}

function stepInto(value: unknown, step: string): unknown {
  const own = typeof value === "object" && value !== null && Object.hasOwn(value, step);
  return own ? (value as Record<string, unknown>)[step] : undefined; // an own key, as just asked
}
