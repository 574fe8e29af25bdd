import assert from "node:assert/strict";
import { test } from "node:test";
import { comment, named, quoted } from "../../../src/policy/import/said.ts";
import { importUsers, lint, openPolicy } from "../../../src/policy/index.ts";
import { fc } from "../../support/fc.ts";
import { imported, oldUser, oldWorld, UNLIMITED } from "./support.ts";

const A_SUBJECT = { pub: { allow: ["a"] }, sub: { allow: ["a"] } };
const notesOf = (...args: Parameters<typeof imported>) =>
  imported(...args).roles.flatMap(({ notes }) => notes);
const whyNot = (...args: Parameters<typeof imported>) =>
  imported(...args).left_out.map(({ why }) => why)[0] ?? "carried over";

test("no text of somebody else's becomes more than a comment or a word", () => {
  const wild = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom("x\nrules: []", "a # lint-ok: wildcard-first why", "lint-ok: wildcard-first b"),
    fc.constantFrom(
      "\u2028rules:",
      "\u0085x",
      "- a: b",
      "*x",
      "&x",
      "!!js",
      "'",
      '"',
      "{a}",
      "{{name()}}",
    ),
  );
  fc.assert(
    fc.property(wild, wild, wild, (name, tag, account) => {
      const open = { pub: {}, sub: {}, tags: [tag] };
      const other = oldUser({ ...A_SUBJECT, tags: [tag] }, { name: tag });
      const world = oldWorld({}, { configured: new Map([["A".padEnd(56, "B"), account || "x"]]) });
      const users = [oldUser(open, { name }), oldUser({ ...UNLIMITED, nope: 1 } as never), other];
      const { policy, roles } = importUsers(
        users.map((one) => ({ ...one, where: `${name}/${tag}` })),
        world,
        "idp",
      );
      const opened = openPolicy([{ path: "policy.yaml", bytes: Buffer.from(policy) }]);
      assert.deepEqual(
        opened.written.roles.map((each) => [each.name, each.role.account]),
        roles.map((each) => [each.name, account || "x"]),
      );
      const { allowed } = lint(opened, [], { limit_bytes: 1e6, bytes: () => 0 });
      assert.deepEqual(allowed, []);
    }),
    { numRuns: 80 },
  );
});

test("a role for leaf nodes is without queue forms, by which nats-server gives them nothing", () => {
  const leaf = (allow: string[], pub: string[]) =>
    oldUser({ pub: { allow: pub }, sub: { allow }, allowed_connection_types: ["LEAFNODE"] });
  const some = imported(leaf(["a", "b q"], ["a"]));
  assert.doesNotMatch(some.policy, /b q/);
  assert.match(some.roles[0]?.notes.join("|") ?? "", /as a leaf node it hears nothing/);
});

test("a sentence is broken into lines that are all comments", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      for (const line of comment(`- ${named(text)}`, "  ")) {
        assert.match(line, /^ {2}# /);
        assert.doesNotMatch(line, /[\n\r\u0085\u2028\u2029]|^ *#\s*lint-ok/);
      }
      assert.equal(JSON.parse(quoted(text)), text);
    }),
  );
});

test("what is not known here is not carried over, because it may be a restriction", () => {
  const known = /says something that is not known here/;
  assert.match(whyNot(oldUser({ ...A_SUBJECT, locale: "Asia/Tokyo" } as never)), known);
  assert.match(whyNot(oldUser({ pub: { Deny: [">"] } } as never)), known);
  assert.match(whyNot(oldUser({ ...A_SUBJECT, version: 1 })), known);
  assert.match(whyNot(oldUser(A_SUBJECT), oldWorld({ default_permissions: { pub: [] } })), known);
  assert.match(whyNot(oldUser({ ...A_SUBJECT, proxy_required: true })), /trusted proxy/);
  assert.match(whyNot(oldUser(A_SUBJECT, { signature_fits: false })), /not signed by the key/);
});

test("conditions that no policy can set let nobody in", () => {
  const times = [{ start: "08:00:00", end: "18:00:00" }];
  assert.match(whyNot(oldUser({ ...A_SUBJECT, times })), /name it with --location/);
  const located = oldWorld({}, { location: "Europe/Warsaw" });
  assert.equal(whyNot(oldUser({ ...A_SUBJECT, times }), located), "carried over");
  assert.match(whyNot(oldUser({ ...A_SUBJECT, times, times_location: "Nowhere" })), /no IANA/);
  assert.match(whyNot(oldUser({ ...A_SUBJECT, src: ["10.0.0.1"] })), /networks that it connects/);
  assert.match(whyNot(oldUser({ ...A_SUBJECT, subs: 0 })), /limit of subscriptions is 0/);
  assert.match(whyNot(oldUser({ ...A_SUBJECT, payload: 0 })), /limit of the payload is 0/);
  const mqtt = { ...A_SUBJECT, allowed_connection_types: ["MQTT"] };
  assert.match(whyNot(oldUser(mqtt)), /no policy can name how it connects/);
  assert.match(whyNot(oldUser({ sub: { allow: ["a"], deny: ["é"] } })), /denied "é"/);
  assert.match(whyNot(oldUser({ sub: { allow: ["a\tq"] } })), /blanks/);
});

test("what is less than before is said, and so is where rights came from", () => {
  const said = (rights: Parameters<typeof oldUser>[0], told: RegExp, world = oldWorld()) =>
    assert.ok(
      notesOf(oldUser(rights), world).some((note) => told.test(note)),
      String(told),
    );
  said({ ...A_SUBJECT, bearer_token: true }, /^narrower: its JWT was a bearer token/);
  said({ sub: { allow: ["a.*", "a.b.c"] } }, /^narrower: "a\.\*" is left out/);
  said(
    { sub: { allow: ["a.>", "a.b q"] } },
    /^narrower: "a\.>" is left out, because beside "a\.b q"/,
  );
  said({ sub: { allow: ["a.>", "b"], deny: ["a.b q"] } }, /^narrower: "a\.b q" was denied in that/);
  said({ ...A_SUBJECT, resp: { max: -1, ttl: -1 } }, /^narrower: 100000 answers/);
  said(
    { pub: { allow: ["a.>"], deny: ["a.b"] }, resp: { max: 1, ttl: 0 } },
    /\(resp\) are left out/,
  );
  said({ pub: { allow: ["{x}", "a"] } }, /^left out: "\{x\}" must not hold/);
  const default_permissions = { pub: { allow: ["a"] } };
  said({}, /default_permissions of its account/, oldWorld({ default_permissions }));
});

test("replies go where they went: a shared inbox, a prefix of their own, or the private one", () => {
  const inboxOf = (...allow: string[]) =>
    imported(oldUser({ pub: { allow: ["a"] }, sub: { allow } })).roles[0]?.fields.inbox;
  assert.equal(inboxOf("a", "_INBOX.>"), "shared");
  assert.equal(inboxOf("a", "_INBOX.orders.>"), "_INBOX.orders");
  assert.equal(inboxOf("a", "_INBOX.orders.>", "_INBOX.bills.>"), undefined);
  assert.equal(inboxOf(">"), undefined);
  assert.equal(inboxOf("a"), undefined);
});

test("roles are named by what their users have in common, each once", () => {
  const other = { pub: { allow: ["b"] }, sub: { allow: ["b"] } };
  const namesOf = (...users: [string, typeof A_SUBJECT][]) =>
    importUsers(
      users.map(([name, rights]) => oldUser(rights, { name })),
      oldWorld(),
      "idp",
    ).roles.map(({ name }) => name);
  assert.deepEqual(namesOf(["worker-1", A_SUBJECT], ["worker-2", A_SUBJECT]), ["worker"]);
  assert.deepEqual(namesOf(["ann", A_SUBJECT], ["bob", A_SUBJECT]), ["ann-and-others"]);
  assert.deepEqual(namesOf(["ann", A_SUBJECT], ["ann", other]), ["ann", "ann-2"]);
  assert.deepEqual(namesOf(["__proto__", A_SUBJECT], ["..", other]), ["proto", "user"]);
});

test("nobody can guess who would hold a role, and the same users make the same policy", () => {
  const user = oldUser(A_SUBJECT);
  const [one, again] = [imported(user), imported(user)];
  assert.equal(one.policy, again.policy);
  assert.match(one.roles[0]?.placeholder ?? "", /^to do: who is old\? [0-9a-f]{16}$/);
  assert.notEqual(one.roles[0]?.placeholder, imported(oldUser(A_SUBJECT)).roles[0]?.placeholder);
});
