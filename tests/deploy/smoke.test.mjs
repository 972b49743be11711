// scripts/smoke.sh against a registry behind a cache that does what it is told, and against those that do not.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import path from "node:path";
import { describe, test } from "node:test";
import { run } from "../e2e/lib/run.mjs";

const SCRIPTS = path.join(import.meta.dirname, "..", "..", "scripts");
const BODY = "a zip of some bytes";

/** Answers as a deployed registry does. `change` alters a reply `{status, headers, body}` before it is sent. */
async function registry(t, change = () => {}) {
  const kept = new Set();
  const server = createServer((request, response) => {
    const reply = answer(request, kept);
    change(request, reply);
    response.writeHead(reply.status, reply.headers).end(reply.body);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  return `http://127.0.0.1:${server.address().port}`;
}

function answer(request, kept) {
  const { pathname, searchParams } = new URL(request.url, "http://registry");
  if (pathname === "/") return { status: 200, headers: {}, body: "hello" };
  if (pathname === "/-/admin/purges") {
    if (request.method !== "POST" || request.headers.authorization !== "Bearer admin_1") return { status: 401, headers: {}, body: "{}" };
    kept.clear();
    return { status: 200, headers: {}, body: '{"purged":["m:acme/weather"],"has_cache":true}' };
  }
  if (pathname.endsWith("/@latest")) return { status: 200, headers: {}, body: '{"Version":"v1.2.3-4-5.1","Time":"…"}' };
  const redirect = searchParams.get("w");
  if (redirect !== null && !/^[1-9]\.[0-9a-f]{32}$/.test(redirect)) return { status: 404, headers: { "cf-cache-status": "BYPASS" }, body: "" };
  if (redirect !== null) return { status: 200, headers: { "cf-cache-status": "BYPASS" }, body: BODY };
  const headers = { "cf-cache-status": kept.has(request.url) ? "HIT" : "MISS" };
  kept.add(request.url);
  if (request.headers.range) return { status: 206, headers, body: BODY.slice(0, 10) };
  return { status: 200, headers, body: BODY };
}

function smoke(url, module = "acme/weather") {
  const script = 'source "$1/lib.sh"; source "$1/smoke.sh"; smoke_answers "$2"; smoke_cache "$2"';
  const env = { REGISTRY_HOST: "registry.acme.dev", ADMIN_TOKEN: "admin_1", SMOKE_MODULE: module, SMOKE_ANSWERS_WITHIN: "1" };
  return run("bash", ["-euo", "pipefail", "-c", script, "smoke", SCRIPTS, url], { env });
}

const isZip = (request) => request.url.includes(".zip?smoke=");

const isPurge = (request) => request.url === "/-/admin/purges";

/** After a purge all is there still. */
function keepsPurged() {
  let isPurged = false;
  return (request, reply) => {
    isPurged ||= isPurge(request);
    if (isPurged && isZip(request)) reply.headers["cf-cache-status"] = "HIT";
  };
}

/** What the registry does, and what is said of it. */
const FAULTS = [
  { name: "a registry that fails", change: (request, reply) => request.url === "/" && (reply.status = 503), says: /answers with 503 and not with 200/ },
  { name: "a module that is not there", change: (request, reply) => request.url.endsWith("@latest") && (reply.status = 404), says: /is SMOKE_MODULE=acme\/weather a public module/ },
  { name: "an SDK that is not made", change: (request, reply) => request.url.endsWith(".zip") && (reply.status = 503), says: /do the generators run\?/ },
  { name: "no cache", change: (request, reply) => delete reply.headers["cf-cache-status"], says: /is \[cache\] in wrangler.toml enabled/ },
  { name: "a cache that keeps nothing", change: (request, reply) => (reply.headers["cf-cache-status"] = "MISS"), says: /has cf-cache-status MISS and not HIT/ },
  { name: "a cache that does not begin empty", change: (request, reply) => (reply.headers["cf-cache-status"] = "HIT"), says: /has cf-cache-status HIT and not MISS/ },
  { name: "a cache that cuts nothing", change: (request, reply) => isZip(request) && reply.status === 206 && (reply.status = 200), says: /answers with 200 and not with 206/ },
  { name: "a cache that cuts badly", change: (request, reply) => reply.status === 206 && (reply.body = BODY), says: /ten bytes of .* are 19 bytes/ },
  { name: "a cache that is another's with a token", change: (request, reply) => request.headers.authorization && (reply.headers["cf-cache-status"] = "BYPASS"), says: /has cf-cache-status BYPASS and not HIT/ },
  { name: "a cache that damages", change: (request, reply) => reply.headers["cf-cache-status"] === "HIT" && reply.status === 200 && (reply.body = "a zip"), says: /has 5 bytes from the cache and 19 from the Worker/ },
  { name: "a Worker that reaches no cache", change: (request, reply) => isPurge(request) && (reply.body = '{"purged":["m:acme/weather"],"has_cache":false}'), says: /reaches no cache that it could purge.*"has_cache":false/ },
  { name: "a cache that forgets nothing", change: keepsPurged(), says: /has cf-cache-status HIT and not MISS/ },
  { name: "a cache that keeps what waits", change: (request, reply) => request.url.includes("?w=") && (reply.headers["cf-cache-status"] = "HIT"), says: /must never keep what is answered under \?w=/ },
];

describe("a registry that was deployed", { concurrency: 4 }, () => {
  test("is well", async (t) => {
    const { code, stderr } = await smoke(await registry(t));
    assert.equal(code, 0, stderr);
    assert.match(stderr, /comes from the cache.*\n.*leaves the cache.*\n.*never does/);
  });
  test("is asked for no SDK where none is named, and says so", async (t) => {
    const { code, stderr } = await smoke(await registry(t), "");
    assert.equal(code, 0, stderr);
    assert.match(stderr, /LEFT OUT: whether the cache works/);
  });
  for (const { name, change, says } of FAULTS) {
    test(name, async (t) => {
      const { code, stderr } = await smoke(await registry(t, change));
      assert.notEqual(code, 0, stderr);
      assert.match(stderr, says);
    });
  }
});
