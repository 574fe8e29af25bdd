import assert from "node:assert/strict";
import { test } from "node:test";
import { expandTemplate } from "../../../src/policy/import/expand.ts";
import type { Permissions } from "../../../src/policy/import/rights.ts";
import { fc } from "../../support/fc.ts";
import { hears, publishes, subscribes } from "./server-model.ts";
import {
  grantsOf,
  imported,
  LITERALS,
  mintedClaims,
  oldUser,
  oldWorld,
  PATTERNS,
  permissions,
  QUEUES,
  SCOPED_KEY,
  UNLIMITED,
} from "./support.ts";

const RUNS = 200;
const PRIVATE_INBOX = /^_INBOX\.[0-9a-f]{32}\./;

/** The permissions that hold for a user, where the account has some for those without. */
const inEffect = (own: Permissions, defaults: Permissions): Permissions => {
  const says = (one: Permissions) =>
    [one.pub?.allow, one.pub?.deny, one.sub?.allow, one.sub?.deny].some((list) => list?.length) ||
    one.resp !== undefined;
  return says(own) || !says(defaults) ? own : defaults;
};

/** Never wider, whatever stood there; and exactly as before where no note says otherwise. */
function compare(old: Permissions, now: Permissions, exact: boolean, where: string): void {
  for (const literal of LITERALS) {
    const [was, is] = [publishes(old, literal), publishes(now, literal)];
    assert.ok(was || !is, `publishes ${literal} now: ${where}`);
    if (exact) assert.equal(is, was, `publishes ${literal}: ${where}`);
  }
  for (const pattern of PATTERNS) {
    for (const queue of QUEUES) {
      const may = subscribes(now, pattern, queue);
      for (const literal of may ? LITERALS : []) {
        const is = hears(now, pattern, queue, literal);
        assert.ok(
          !is || hears(old, pattern, queue, literal) || PRIVATE_INBOX.test(literal),
          `${pattern} ${queue} hears ${literal} now: ${where}`,
        );
      }
      if (!exact || /[*>]/.test(pattern)) continue;
      const was = subscribes(old, pattern, queue);
      assert.equal(
        subscribes(now, pattern, queue),
        was,
        `subscribes ${pattern} ${queue}: ${where}`,
      );
    }
  }
}

const lessOrEqual = (now: number, old: number) => old < 0 || (now > 0 && now <= old);

test("a role never permits more than its user had, nor less without saying so", () => {
  let [exact, carried] = [0, 0];
  fc.assert(
    fc.property(permissions, permissions, (own, default_permissions) => {
      const result = imported(oldUser(own), oldWorld({ default_permissions }));
      const [role] = result.roles;
      if (!role) return assert.equal(result.left_out.length, 1);
      const old = inEffect(own, default_permissions);
      const now = mintedClaims(grantsOf(result)[0] ?? assert.fail());
      const same = !role.notes.some((note) => /left out|narrower/.test(note));
      compare(old, now, same, JSON.stringify({ own, default_permissions, now }));
      assert.ok(!now.resp || old.resp);
      if (now.resp && old.resp) {
        assert.ok(lessOrEqual(now.resp.max, old.resp.max || 1));
        assert.ok(lessOrEqual(now.resp.ttl, old.resp.ttl || 120e9));
      }
      carried++;
      if (same) exact++;
    }),
    { numRuns: RUNS },
  );
  assert.ok(exact > RUNS / 10 && carried > exact, `${exact} of ${carried}`);
});

test("the user of a scoped signing key has what its template makes for it", () => {
  const part = fc.constantFrom("a", "b", "{{name()}}", "{{tag(t)}}", "{{ tag(none) }}", "*", ">");
  const text = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("."));
  const list = fc.array(text, { maxLength: 3 });
  const template = fc.record({ allow: list, deny: list });
  const tags = fc.array(fc.constantFrom("t:a", "t:b", "t:*", "u:x"), { maxLength: 3 });
  fc.assert(
    fc.property(
      template,
      template,
      tags,
      fc.constantFrom("a", "*", "b.a"),
      (pub, sub, tags, name) => {
        const signing_keys = [
          { kind: "user_scope", key: SCOPED_KEY, template: { ...UNLIMITED, pub, sub } },
        ];
        const user = oldUser({ subs: 0, data: 0, payload: 0, tags }, { iss: SCOPED_KEY, name });
        const result = imported(user, oldWorld({ signing_keys }));
        if (result.roles.length === 0) return;
        const values = {
          name,
          tags,
          account_tags: [],
          account_name: "",
          account_subject: "",
          subject: "",
        };
        const old = expandTemplate({ pub, sub }, values);
        if ("refused" in old) return assert.fail("carried over, although it is refused");
        const now = mintedClaims(grantsOf(result)[0] ?? assert.fail());
        compare(old, now, false, JSON.stringify({ pub, sub, tags, name, now }));
      },
    ),
    { numRuns: RUNS },
  );
});

test("conditions are those of the user, or stricter", () => {
  const [result] = [
    imported(
      oldUser({
        src: ["10.0.0.0/8", "2001:DB8::/32"],
        times: [
          { start: "22:00:00", end: "06:00:00" },
          { start: "05:00:00", end: "07:00:00" },
        ],
        times_location: "Europe/Warsaw",
        ...{ subs: 10, payload: 1000, data: 5 },
        allowed_connection_types: ["websocket", "LEAFNODE", "MQTT", "UNKNOWN"],
        bearer_token: true,
        pub: { allow: ["a"] },
        sub: { allow: ["a"] },
      }),
    ),
  ];
  assert.deepEqual(
    grantsOf(result).map(({ connection_types, bearer }) => [connection_types, bearer]),
    [
      [["WEBSOCKET"], undefined],
      [["LEAFNODE"], undefined],
      [["MQTT"], true],
    ],
  );
  for (const { source_networks, times, limits } of grantsOf(result)) {
    assert.deepEqual(source_networks, ["10.0.0.0/8", "2001:db8::/32"]);
    assert.deepEqual(limits, { subscriptions: 10, payload_bytes: 1000, data_bytes: 5 });
    assert.equal(times?.location, "Europe/Warsaw");
    assert.deepEqual(times?.ranges, [
      { start: "00:00:00", end: "07:00:00" },
      { start: "22:00:00", end: "23:59:59" },
    ]);
  }
});
