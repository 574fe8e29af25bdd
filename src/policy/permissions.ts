import { inside } from "./fence.ts";
import { type Intended, intended } from "./intents.ts";
import type { RoleFile, SubjectFile } from "./role-schema.ts";
import { type FileScope, quote, type Report, unknown } from "./scope.ts";
import { parseTemplate, type Template } from "./slot.ts";
import { type Direction, overlaps, parseSubject, reserved, type Subject } from "./subject.ts";

/** Every inbox in the account: to answer requests. */
const EVERY_INBOX: Template = { subject: fixed("_INBOX.>"), slots: [] };

const OUTSIDE = "is outside the subjects that the root file gives this file";

/** The subjects of a role. */
export interface Permissions {
  readonly publish: readonly Template[];
  readonly subscribe: readonly Template[];
  readonly deny_publish: readonly Template[];
  readonly deny_subscribe: readonly Template[];
}

/** Reads every subject that a role permits or denies, those of its intents included. */
export function permissionsOf(file: RoleFile, scope: FileScope, report: Report): Permissions {
  const from = (intents: readonly Intended[], direction: Direction) =>
    intents
      .filter((one) => one.direction === direction)
      .flatMap(({ text, path, open }) => {
        const template = parseTemplate(text, direction);
        if ("fault" in template) return say(report, path, text, template.fault);
        if (!open) return allowed(template, text, path, file, scope, report);
        return [template];
      });
  const intents = intended(file, scope, report);
  const answers = file.respond === true || file.service ? [EVERY_INBOX] : [];
  if (typeof file.respond === "object") checkAnySubject(file, scope, report);
  return {
    publish: [...granted("publish", file, scope, report), ...answers, ...from(intents, "publish")],
    subscribe: [...granted("subscribe", file, scope, report), ...from(intents, "subscribe")],
    deny_publish: denied("deny_publish", file, scope, report),
    deny_subscribe: denied("deny_subscribe", file, scope, report),
  };
}

/** One text of a list, and where it is written. */
interface Written {
  readonly text: string;
  readonly path: readonly (string | number)[];
}

/** A list with its sets written out. */
function written(
  field: keyof Permissions,
  file: RoleFile,
  { sets }: FileScope,
  report: Report,
): readonly Written[] {
  return (file[field] ?? []).flatMap((entry: SubjectFile, index): readonly Written[] => {
    const path = [field, index];
    if (typeof entry === "string") return [{ text: entry, path }];
    const set = sets.get(entry.set);
    if (!set) report([...path, "set"], unknown("set of subjects", entry.set, [...sets.keys()]));
    const queue = entry.queue === undefined ? "" : ` ${entry.queue}`;
    return (set ?? []).map((text) => ({ text: text + queue, path }));
  });
}

function granted(direction: Direction, file: RoleFile, scope: FileScope, report: Report) {
  return written(direction, file, scope, report).flatMap(({ text, path }) => {
    const template = parseTemplate(text, direction);
    return "fault" in template
      ? say(report, path, text, template.fault)
      : allowed(template, text, path, file, scope, report);
  });
}

/** Denies need no opt-in, as they take away; but they hold for all roles of a caller, those of others too. */
function denied(
  field: "deny_publish" | "deny_subscribe",
  file: RoleFile,
  scope: FileScope,
  report: Report,
) {
  return written(field, file, scope, report).flatMap(({ text, path }) => {
    const template = parseTemplate(text, "publish");
    if ("fault" in template) {
      const queued = text.includes(" ");
      return say(report, path, text, queued ? "must not have a queue group" : template.fault);
    }
    // A client that cannot hear answers is not narrower, but broken.
    if (field === "deny_subscribe" && overlaps(template.subject, EVERY_INBOX.subject))
      return say(report, path, text, "would deny inboxes, its own among them");
    if (!inside(scope.fence, template)) return say(report, path, text, OUTSIDE);
    return [template];
  });
}

function allowed(
  template: Template,
  text: string,
  path: Written["path"],
  file: RoleFile,
  { fence }: FileScope,
  report: Report,
): readonly Template[] {
  const fault = forbidden(template, file.allow_reserved ?? false);
  if (fault !== undefined) return say(report, path, text, fault);
  if (!inside(fence, template)) return say(report, path, text, OUTSIDE);
  return [template];
}

function checkAnySubject(file: RoleFile, { fence }: FileScope, report: Report): void {
  const everything = { subject: fixed(">") };
  if (!file.allow_reserved || !inside(fence, everything)) {
    report(
      ["respond", "any_subject"],
      "permits to publish to >, whatever a request asks for: " +
        (file.allow_reserved
          ? "which the root file does not give this file"
          : "allow_reserved: true in this role permits it"),
    );
  }
  if (file.deny_publish?.length)
    report(["deny_publish"], "does not hold for answers, which nats-server lets through");
}

function say(report: Report, path: Written["path"], text: string, fault: string): never[] {
  report(path, `${quote(text)} ${fault}`);
  return [];
}

/** Parts of what NATS keeps for itself that are named by whoever created them: buckets. */
const NAMED_BY_USERS: readonly (string | undefined)[] = ["$KV", "$O"];

function forbidden({ subject }: Template, allow_reserved: boolean): string | undefined {
  if (!reserved(subject)) return undefined;
  if (!allow_reserved) {
    const hint =
      subject.tokens[0] === "_INBOX" ? " (to answer requests, respond: true is enough)" : "";
    return `can start with $ or _, which is reserved: allow_reserved: true in this role permits it${hint}`;
  }
  const [first, second] = subject.tokens;
  // Otherwise a claim picks whose inbox, or which part of a system's interface.
  if (second === "{}" && !NAMED_BY_USERS.includes(first))
    return `must not have a slot right after ${first}`;
  return undefined;
}

/** A subject that is known to be one. */
export function fixed(text: string): Subject {
  const subject = parseSubject(text, "subscribe");
  if ("fault" in subject) throw new Error(`${text} ${subject.fault}`);
  return subject;
}
