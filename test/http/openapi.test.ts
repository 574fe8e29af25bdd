import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, test } from "node:test";
import { Compile } from "typebox/compile";
import { parse } from "yaml";
import { contracts } from "../../openapi/contracts.ts";
import { ERRORS, type ErrorCode } from "../../src/errors.ts";
import { PROJECT } from "../support/project.ts";
import { startProvider } from "../support/provider.ts";
import { type Answer, EVERYONE, makeAccount, makeDir, startService } from "../support/service.ts";
import { doorsOf, postForm } from "./doors.ts";

interface Response {
  readonly description: string;
  readonly headers: Readonly<Record<string, { readonly description: string }>>;
  readonly content: Readonly<Record<string, { readonly schema: object }>>;
}
interface Operation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description: string;
  readonly security: readonly object[];
  readonly requestBody?: { readonly required: boolean; readonly content: object };
  readonly responses: Readonly<Record<string, Response>>;
}
interface Document {
  readonly openapi: string;
  readonly servers: readonly { readonly url: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
}

const committed = async (name: string) => readFile(join(PROJECT, "openapi", name), "utf8");
const document: Document = parse(await committed("openapi.yaml"));
const OPERATIONS = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
);

const scope = { after };
const provider = await startProvider(scope, { alg: "ES256" });
const accounts = [await makeAccount(await makeDir(scope))];
const options = { provider, policy: EVERYONE, accounts };
const [service, plain] = await Promise.all([
  startService(scope, {
    ...options,
    config: { public_url: "https://sts.example.test/sts", explain: true },
  }),
  startService(scope, { ...options, config: { docs: false } }),
]);

for (const { name, text } of await contracts()) {
  test(`openapi/${name} is what the schemas say`, async () => {
    const message = `run: npm run generate`;
    assert.deepEqual(parse(await committed(name)), parse(text), message);
  });
}

test("every operation says what it is for, and what each of its answers means", () => {
  const ids = OPERATIONS.map(({ operation }) => operation.operationId);
  assert.equal(new Set(ids).size, ids.length);
  for (const { path, operation } of OPERATIONS) {
    const { operationId, tags, summary, description, security, responses } = operation;
    assert.ok(operationId && summary && description && tags.length === 1 && security, path);
    assert.ok(responses["200"] && responses["500"] && responses["503"], path);
    for (const [status, response] of Object.entries(responses)) {
      assert.notEqual(response.description, "Default Response", `${path} ${status}`);
      assert.ok(response.headers["X-Request-Id"] && response.content, `${path} ${status}`);
      if (status === "503") assert.ok(response.headers["Retry-After"] ?? path === "/readyz");
      if (status === "401") assert.ok(response.headers["WWW-Authenticate"]);
    }
  }
});

test("everything that is served is described", () => {
  const described = OPERATIONS.map(({ path, method }) => `${method} ${path}`).sort();
  assert.deepEqual(described, [
    "get /.well-known/oauth-authorization-server",
    "get /.well-known/oauth-protected-resource",
    "get /healthz",
    "get /openapi.json",
    "get /readyz",
    "post /oauth2/token",
    "post /v1/credentials",
    "post /v1/explain",
  ]);
});

test("every code stands with the routes that answer it", () => {
  const NOWHERE = ["method_not_allowed", "admin_not_granted"]; // the latter at a door of its own
  for (const code of Object.keys(ERRORS) as ErrorCode[]) {
    const said = OPERATIONS.flatMap(({ operation }) => Object.values(operation.responses));
    const line = `- \`${code}\`: ${ERRORS[code].say}`;
    const found = said.some(({ description }) => description.includes(line));
    assert.equal(found, !NOWHERE.includes(code), code);
  }
});

test("a body may be left out of a request for everything, and not out of an exchange", () => {
  const bodyOf = (path: string) => document.paths[path]?.["post"]?.requestBody;
  assert.equal(bodyOf("/v1/credentials")?.required, false);
  assert.equal(bodyOf("/v1/explain")?.required, false);
  assert.equal(bodyOf("/oauth2/token")?.required, true);
  const types = Object.keys(bodyOf("/oauth2/token")?.content ?? {});
  assert.deepEqual(types, ["application/x-www-form-urlencoded"]);
});

/** References to components, followed. */
function followed(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(followed);
  if (typeof node !== "object" || node === null) return node;
  if ("$ref" in node)
    return followed(document.components.schemas[String(node.$ref).split("/").at(-1) ?? ""]);
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, followed(value)]));
}

function assertDescribed(path: string, method: string, answer: Answer): void {
  const response = document.paths[path]?.[method]?.responses[answer.status];
  const type = answer.headers.get("content-type")?.split(";")[0] ?? "";
  const schema = response?.content[type]?.schema;
  assert.ok(response && schema, `${path} ${answer.status} ${type}`);
  const closed = {
    ...(followed(schema) as object),
    additionalProperties: path === "/openapi.json",
  };
  const check = Compile(type === "text/plain" ? { type: "string" } : closed);
  assert.ok(check.Check(answer.json ?? answer.text), `${path}: ${answer.text}`);
  for (const name of Object.keys(response.headers)) {
    const sometimes =
      (answer.status === 403 && name === "WWW-Authenticate") || name === "DPoP-Nonce"; // one code's
    assert.ok(sometimes || answer.headers.has(name), `${path} ${answer.status} ${name}`);
  }
}

test("answers are as they are described, with nothing left out and nothing more", async () => {
  const doors = doorsOf(service);
  const token = await provider.token();
  for (const door of Object.values(doors)) {
    for (const answer of [
      await door.ask(token),
      await door.ask("x"),
      await door.ask(token, { account: "NONE" }),
      await door.ask(token, { account: "x".repeat(70_000) }),
      await door.ask(token, { account: "A" }, { "content-type": "text/plain" }),
    ])
      assertDescribed(door.path, "post", answer);
  }
  assertDescribed("/oauth2/token", "post", await postForm(service, "", { authorization: "x" }));
  const creds = await service.ask(token, undefined, { accept: "text/plain" });
  assertDescribed("/v1/credentials", "post", creds);
  for (const { path, method } of OPERATIONS.filter(({ method }) => method === "get"))
    assertDescribed(path, method, await service.request(path));
});

test("the served description is the committed one, at the address of this service", async () => {
  const { json } = await service.request("/openapi.json");
  assert.deepEqual(json.servers, [{ url: service.public_url, description: "This service." }]);
  const paths = Object.keys(json.paths);
  assert.deepEqual(paths, Object.keys(document.paths), "a path of the public URL adds none");
  assert.deepEqual({ ...json, servers: [] }, { ...document, servers: [] });
});

test("the page has everything it needs at its own place, and may load nothing else", async () => {
  const page = await service.request("/docs");
  assert.equal(page.status, 200);
  assert.match(page.headers.get("content-security-policy") ?? "", /^default-src 'none'; /);
  const links = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link]) => String(link));
  assert.ok(links.length >= 5);
  for (const link of links) {
    assert.ok(link.startsWith("/sts/docs/static/"), link);
    const { status, headers } = await service.request(link.replace("/sts", ""));
    assert.equal(status, 200, link);
    assert.ok(headers.has("content-security-policy"));
    assert.equal(headers.get("x-content-type-options"), "nosniff");
  }
});

test("there is nothing else below the page, however it is spelled", async () => {
  for (const path of ["none.js", "%2e%2e/index.js", "..%2findex.js", "%00", ".x", "%zz", "*"]) {
    const { status, json } = await service.request(`/docs/static/${path}`);
    assert.ok(status === 404 || status === 400, `${path} ${status}`);
    assert.ok(["not_found", "request_invalid"].includes(json.code));
  }
  assert.doesNotMatch(service.logs().join("\n"), /unexpected failure/);
});

test("an operator can take the page away, and the description stays", async () => {
  for (const path of ["/docs", "/docs/", "/docs/json", "/docs/static/swagger-ui.css"])
    assert.equal((await plain.request(path)).status, 404, path);
  assert.equal((await plain.request("/openapi.json")).status, 200);
});
