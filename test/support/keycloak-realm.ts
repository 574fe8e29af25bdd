/** The audience that the realm's tokens name. */
export const AUDIENCE = "nats-sts";
export const REALM = "sts";

/** A mapper of claims, as realm files write them. */
const mapper = (name: string, protocolMapper: string, config: Record<string, string> = {}) => ({
  ...{ name, protocol: "openid-connect", protocolMapper },
  config: { "access.token.claim": "true", "introspection.token.claim": "true", ...config },
});

const scope = (name: string, in_scope: boolean, protocolMappers: object[] = []) => ({
  ...{ name, protocol: "openid-connect", protocolMappers },
  attributes: { "include.in.token.scope": String(in_scope) },
});

const user = (username: string, realmRoles: string[]) => ({
  // Without name and address, Keycloak wants them filled in before it gives a token.
  ...{ username, firstName: username, lastName: "Test", email: `${username}@example.test` },
  ...{ enabled: true, emailVerified: true, realmRoles },
  credentials: [{ type: "password", value: `${username}-password`, temporary: false }],
});

const client = (clientId: string, more: object) => ({
  ...{ clientId, enabled: true, secret: `${clientId}-secret`, publicClient: false },
  defaultClientScopes: ["basic", "roles", "audience"],
  optionalClientScopes: ["nats:orders.read", "nats:orders.write"],
  ...more,
});

/** Two clients, two people, two scopes and a role, and the audience of the service in every token. */
export const REALM_FILE = {
  ...{ realm: REALM, enabled: true, sslRequired: "none", accessTokenLifespan: 300 },
  roles: { realm: [{ name: "trader" }] },
  // A file that lists scopes has no others: without `basic`, access tokens would have no `sub`.
  clientScopes: [
    scope("basic", false, [mapper("sub", "oidc-sub-mapper")]),
    scope("roles", false, [
      mapper("realm roles", "oidc-usermodel-realm-role-mapper", {
        ...{ "claim.name": "realm_access.roles", "jsonType.label": "String", multivalued: "true" },
      }),
    ]),
    scope("audience", false, [
      mapper("audience", "oidc-audience-mapper", { "included.custom.audience": AUDIENCE }),
    ]),
    // What Keycloak itself gives to service accounts: by `client_id` they are told from people.
    scope("service_account", false, [
      mapper("client id", "oidc-usersessionmodel-note-mapper", {
        ...{
          "user.session.note": "client_id",
          "claim.name": "client_id",
          "jsonType.label": "String",
        },
      }),
    ]),
    scope("nats:orders.read", true),
    scope("nats:orders.write", true),
  ],
  clients: [
    client("worker", {
      ...{ serviceAccountsEnabled: true, standardFlowEnabled: false },
      defaultClientScopes: ["basic", "roles", "audience", "service_account"],
      attributes: { "access.token.header.type.rfc9068": "true" },
    }),
    client("desk", { directAccessGrantsEnabled: true }),
    client(AUDIENCE, {}), // The service itself: only whom a token is for may introspect it.
  ],
  users: [user("ada", ["trader"]), user("bob", [])],
};
