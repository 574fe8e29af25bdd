import assert from "node:assert/strict";
import { test } from "node:test";
import { ClientError, serviceUrl } from "../../src/client/index.ts";

test("a service's URL is taken in normal form, without a slash at the end", () => {
  const same = {
    "https://sts.example.com": "https://sts.example.com",
    "https://sts.example.com/": "https://sts.example.com",
    "https://STS.example.com:443/": "https://sts.example.com",
    "https://example.com/sts/": "https://example.com/sts",
    "http://127.0.0.1:8080": "http://127.0.0.1:8080",
    "http://localhost:8080": "http://localhost:8080",
    "http://[::1]:8080": "http://[::1]:8080",
  };
  for (const [text, url] of Object.entries(same)) assert.equal(serviceUrl(text), url);
});

test("a token never goes over plain http to another machine", () => {
  for (const url of [
    "http://sts.example.com",
    "http://10.0.0.1:8080",
    "http://127.0.0.1.example.com",
    "http://localhost.example.com",
    "http://0.0.0.0:8080",
    "http://[::ffff:10.0.0.1]:8080",
  ])
    assert.throws(() => serviceUrl(url), { name: "ClientError", message: /must begin with https/ });
});

test("a URL that is almost one is told with the one that was probably meant", () => {
  const meant: Readonly<Record<string, RegExp>> = {
    "127.0.0.1:8080": /: did you mean http:\/\/127\.0\.0\.1:8080\?$/,
    "localhost:8080/": /: did you mean http:\/\/localhost:8080\/\?$/,
    "sts.example.com": /: did you mean https:\/\/sts\.example\.com\?$/,
    "https://sts.example.com/v1/credentials": /without the path: https:\/\/sts\.example\.com$/,
    "https://example.com/sts/oauth2/token": /without the path: https:\/\/example\.com\/sts$/,
  };
  for (const [text, message] of Object.entries(meant))
    assert.throws(() => serviceUrl(text), { name: "ClientError", message });
});

test("anything else than a plain URL is refused", () => {
  for (const url of [
    ...["", "sts.example.com", "ftp://sts.example.com", "https:sts.example.com", "https://"],
    ...["https://user@sts.example.com", "https://sts.example.com@evil.example", "https://a b"],
    ...["https://sts.example.com?x", "https://sts.example.com#x", "https://a\n.example"],
    ...["file:///etc/passwd", "https:\\\\sts.example.com", "javascript:alert(1)"],
  ])
    assert.throws(() => serviceUrl(url), ClientError, url);
});
