import assert from "node:assert/strict";
import { test } from "node:test";
import type { JWK } from "jose";
import { signedClaims } from "../../src/identity/signature.ts";
import { encoded, issuerConfig, refusalOf, verifierOf } from "./support.ts";

/** RFC 7515 appendix A: who signs is `joe`, who can say neither for whom nor who it is about. */
const CLAIMS =
  "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
const RS256 = {
  token: `eyJhbGciOiJSUzI1NiJ9.${CLAIMS}.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw`,
  key: {
    kty: "RSA",
    n: "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ",
    e: "AQAB",
  },
};
const ES256 = {
  token: `eyJhbGciOiJFUzI1NiJ9.${CLAIMS}.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q`,
  key: {
    kty: "EC",
    crv: "P-256",
    x: "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    y: "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
  },
};
/** RFC 7515 A.4 and RFC 8037 A.4 sign text, which no token may be. */
const ES512 = {
  token:
    "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA.AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn",
  key: {
    kty: "EC",
    crv: "P-521",
    x: "AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk",
    y: "ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2",
  },
};
const ED25519 = {
  token:
    "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
  key: { kty: "OKP", crv: "Ed25519", x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" },
};

/** Trusts `joe` with one key, and any algorithm that there is. */
function joe(key: JWK) {
  const algorithms = ["RS256", "ES256", "ES512", "EdDSA"] as const;
  const config = issuerConfig({ url: "https://joe.test", typ: ["", "jwt"], algorithms });
  const [issuer] = verifierOf([config], [key]).issuers.values();
  if (!issuer) throw new Error("there is one");
  const verifier = {
    ...verifierOf([], []),
    issuers: new Map([["joe", { ...issuer, url: "joe" }]]),
  };
  return { issuer, verifier };
}

const broken = (token: string) => {
  const [header, payload, signature = ""] = token.split(".");
  return [header, payload, (signature[0] === "A" ? "B" : "A") + signature.slice(1)].join(".");
};

for (const [name, { token, key }] of Object.entries({ "A.2, RS256": RS256, "A.3, ES256": ES256 })) {
  test(`RFC 7515 ${name}: the signature is good, and what is signed says too little`, async () => {
    const { verifier } = joe(key);
    const { code, detail } = await refusalOf(token, verifier);
    assert.deepEqual([code, detail["claim"]], ["token_claims_invalid", "aud"]);
    assert.equal((await refusalOf(broken(token), verifier)).code, "token_signature_invalid");
  });
}

for (const [name, alg, { token, key }] of [
  ["RFC 7515 A.4, ES512", "ES512", ES512],
  ["RFC 8037 A.4, EdDSA", "EdDSA", ED25519],
] as const) {
  test(`${name}: the signature is good, and what is signed are no claims`, async () => {
    const { issuer, verifier } = joe(key);
    const header = { alg, kid: undefined };
    await assert.rejects(signedClaims(token, header, issuer), { code: "token_malformed" });
    await assert.rejects(signedClaims(broken(token), header, issuer), {
      code: "token_signature_invalid",
    });
    assert.equal((await refusalOf(token, verifier)).code, "token_malformed");
  });
}

test("RFC 7515 A.1, HS256, and A.5, none: refused by their algorithm", async () => {
  const { verifier } = joe(ES256.key);
  const hs256 = `eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.${CLAIMS}.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk`;
  assert.equal((await refusalOf(hs256, verifier)).code, "token_algorithm_not_allowed");
  const none = `eyJhbGciOiJub25lIn0.${CLAIMS}.`;
  assert.equal((await refusalOf(none, verifier)).code, "token_malformed");
  assert.equal((await refusalOf(`${none}AAAA`, verifier)).code, "token_algorithm_not_allowed");
});

test("RFC 7515 A.6, the JSON serialization, is no token", async () => {
  const [header, payload, signature] = ES256.token.split(".");
  const json = JSON.stringify({ payload, protected: header, signature });
  const { verifier } = joe(ES256.key);
  assert.equal((await refusalOf(json, verifier)).code, "token_malformed");
  assert.equal((await refusalOf(encoded(json), verifier)).code, "token_malformed");
});
