import type { Preset } from "../preset.ts";
import { ACCESS_TOKEN } from "./bases.ts";

/** RFC 9068 access tokens, as any provider that follows it issues them. */
export const generic: Preset = {
  ...ACCESS_TOKEN,
  title: "Any provider (RFC 9068)",
  page: {
    setup: [
      "Let the provider issue JWT access tokens whose header `typ` is `at+jwt`.",
      "Give this service an audience of its own (a resource server or API), and let clients ask for it by `resource` or `audience`.",
      "Where the provider cannot write `at+jwt`, set `typ: [jwt]` for this issuer: ID tokens are then told by `nonce`, `at_hash` and `c_hash` alone, so never use a client id as the audience.",
    ],
    rule: `name: workers read orders
issuer: corp
kind: client
client: worker
scopes: [orders.read]
grant: { account: ORDERS, subscribe: ["orders.>"] }`,
    avoid: { email: "people change it and providers give it away again: match `sub`" },
  },
};
