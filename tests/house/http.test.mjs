// src/http.mjs hands requests to WebAssembly and replies to the runtime, several values in one text.

import assert from "node:assert/strict";
import { test } from "node:test";

import { head, readHeaders, respond } from "../../src/http.mjs";

const HOST = "https://registry.example.com";

const lines = (url, headers = {}) => head({ method: "GET", url: `${HOST}${url}`, headers: new Headers(headers) }).split("\n");

test("headers are those that are read, in their order", () => {
  readHeaders("range\nauthorization\nuser-agent");
  const given = { "User-Agent": "go", Range: "bytes=0-1", Cookie: "a" };
  assert.deepEqual(lines("/a?b", given), ["GET", `${HOST}/a?b`, "bytes=0-1", "", "go"]);
});

test("a path is the one that whoever parses it reads", () => {
  readHeaders("range");
  for (const [given, wanted] of [
    ["/gen/npm/v1/@protoedge%2facme_weather.bufbuild_es", "/gen/npm/v1/@protoedge%2facme_weather.bufbuild_es"],
    ["/gen/go/a/@v/v1.2.3.info?w=1.0", "/gen/go/a/@v/v1.2.3.info?w=1.0"],
    ["//a//b", "//a//b"],
    ["/a/../b/./c", "/b/c"],
    ["/a/%2e%2E/b?c", "/b?c"],
    ["/a/.%2e/b", "/b"],
    ["/a\\..\\b", "/b"],
    ["/../..", "/"],
    ["/.well-known/a", "/.well-known/a"],
  ]) {
    assert.equal(lines(given)[1], `${HOST}${wanted}`, given);
    assert.equal(new URL(`${HOST}${given}`).href, `${HOST}${wanted}`, given);
  }
});

test("a reply has its headers, empty ones too", async () => {
  const reply = respond(405, "allow\n\ncache-control\nno-store\n", new TextEncoder().encode("no"));
  assert.deepEqual([...reply.headers], [["allow", ""], ["cache-control", "no-store"]]);
  assert.deepEqual([reply.status, await reply.text()], [405, "no"]);
  assert.equal(respond(304, "etag\n\"a\"\n", undefined).headers.get("etag"), '"a"');
});
