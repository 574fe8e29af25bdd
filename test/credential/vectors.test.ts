import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type UserClaims, userClaims } from "../../src/credential/index.ts";
import type { Grant } from "../../src/policy/index.ts";
import { PROJECT } from "../support/project.ts";

/** What NATS' own Go library writes for the same input; made by test/reference. */
interface Vectors {
  readonly signing_public_key: string;
  readonly vectors: readonly { title: string; input: Input; claims: Record<string, unknown> }[];
}

interface Input extends Pick<Grant, "publish" | "subscribe" | "connection_types" | "limits"> {
  readonly name: string;
  readonly sub: string;
  readonly issuer_account: string;
  readonly iat: number;
  readonly exp: number;
  readonly tags: readonly string[];
  readonly source_networks?: readonly string[];
  readonly times?: NonNullable<Grant["times"]>;
}

const { signing_public_key, vectors }: Vectors = JSON.parse(
  readFileSync(join(PROJECT, "test/reference/vectors.json"), "utf8"),
);

for (const { title, input, claims } of vectors) {
  test(`user claims equal those of the Go library: ${title}`, () => {
    const { publish, subscribe, connection_types, limits, source_networks, times } = input;
    const grant: Grant = {
      account: "ORDERS",
      roles: [],
      ...{ publish, subscribe, connection_types, limits },
      ...(source_networks && { source_networks }),
      ...(times && { times }),
      inbox_prefix: "_INBOX.x",
      expires_at: input.exp,
    };
    const ours = userClaims(grant, {
      name: input.name,
      user_public_key: input.sub,
      account_public_key: input.issuer_account,
      signing_key: signing_public_key,
      issued_at: input.iat,
      tags: input.tags,
    });
    assert.deepEqual(withoutZeros(ours), claims);
  });
}

/** The library leaves out zeros, which the server reads as zero all the same. */
function withoutZeros(claims: UserClaims): unknown {
  return JSON.parse(JSON.stringify(claims), (_, value) => (value === 0 ? undefined : value));
}

test("there are vectors to compare with", () => assert.ok(vectors.length >= 8));
