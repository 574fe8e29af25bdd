import assert from "node:assert/strict";
import { test } from "node:test";
import { startProvider } from "../support/provider.ts";
import { startService } from "../support/service.ts";
import { assertVerifies, eventually, outcomeOf, serving, situation, unready } from "./callers.ts";

const LIMIT = { timeout: 120_000 };

/** Ways in which a provider can be away. */
const OUTAGES = {
  gone: undefined,
  silent: () => true,
  failing: (_request: unknown, response: import("node:http").ServerResponse) => {
    response.writeHead(500).end();
    return true;
  },
} as const;

for (const [what, handler] of Object.entries(OUTAGES)) {
  test(
    `a provider that is ${what} while serving is not missed: its keys are known, and others are not touched`,
    LIMIT,
    async (t) => {
      const other = await startProvider(t, { alg: "ES256" });
      const { provider, options } = await situation(t);
      const { audience } = provider;
      const issuer = (name: string, url: string) => ({
        ...{ name, url, audience, preset: "generic", insecure_http: true },
      });
      const issuers = [issuer("corp", provider.issuer), issuer("other", other.issuer)];
      const policy = `${options.policy}  - { name: others, issuer: other, grant: { account: ORDERS, publish: [orders.new] } }\n`;
      const config = { ...options.config, issuers };
      const service = await startService(t, { ...options, policy, config });
      assert.equal(outcomeOf(await service.ask(await provider.token())), "issued");
      const [before, after] = await Promise.all([provider.token(), other.token()]);
      await provider.rotate();
      const unknown = await provider.token();

      if (handler) provider.intercept(handler);
      else await provider.stop();
      assert.equal(outcomeOf(await service.ask(before)), "issued");
      assert.equal(outcomeOf(await service.ask(after)), "issued");
      // A key that nobody could ask for: within the gap between two questions it counts as unknown.
      const outcome = outcomeOf(await service.ask(unknown));
      assert.match(outcome, /^(issuer_unavailable|token_signature_invalid)$/);
      assert.deepEqual(await unready(service), [], "the issuers are not ours to be ready");
      await assertVerifies(t, options.dir);
      assert.equal(await service.stop(), 0);
    },
  );

  test(
    `a provider that is ${what} at the start is 503 for its tokens alone, until it is back`,
    LIMIT,
    async (t) => {
      const { provider, options } = await situation(t);
      const token = await provider.token();
      if (handler) provider.intercept(handler);
      else await provider.stop();
      const service = await startService(t, options);
      assert.deepEqual(await unready(service), []);
      assert.equal(outcomeOf(await service.ask(token)), "issuer_unavailable");
      provider.intercept();
      await provider.start();
      await eventually(
        () => service.ask(token).then(outcomeOf),
        (outcome) => {
          assert.match(outcome, /^(issued|issuer_unavailable)$/);
          return outcome === "issued";
        },
      );
      await assertVerifies(t, options.dir);
    },
  );
}

test(
  "a provider that is away takes nothing but its own answers: everything else is as quick as ever",
  LIMIT,
  async (t) => {
    const { service, provider, token } = await serving(t);
    assert.equal(outcomeOf(await service.ask(token)), "issued");
    provider.intercept(() => true);
    await Promise.all(
      Array.from({ length: 50 }, async () =>
        assert.equal(outcomeOf(await service.ask(token)), "issued"),
      ),
    );
  },
);
