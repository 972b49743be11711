// A peer that answers otherwise is no peer: what the bench measures with says so, and the stand-in for R2 does what R2 does.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { createServer } from "node:http";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { after, before, describe, test } from "node:test";
import { ok, run, scratch } from "../../e2e/lib/run.mjs";
import { BucketServer } from "./lib/peers.mjs";
import { agree } from "./lib/requests.mjs";
import { checkSize } from "./lib/targets.mjs";

let tools;
const cleanups = [];

before(async () => {
  tools = await scratch({ after: (cleanup) => cleanups.push(cleanup) });
  await ok("go", ["build", "-C", path.join(import.meta.dirname, "tools"), "-o", `${tools}/`, "./..."]);
});
after(async () => {
  for (const cleanup of cleanups) await cleanup();
});

/** A server that answers everything alike. */
async function peer(t, name, { status = 200, body = "the same", etag = '"1"' } = {}) {
  const server = createServer((request, response) => {
    response.writeHead(status, { ...(etag && { etag }), "content-length": String(body.length) });
    response.end(request.method === "HEAD" ? undefined : body);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { name, url: `http://127.0.0.1:${server.address().port}` };
}

describe("peers", () => {
  const target = () => ({ name: "a target", pathOf: () => "/", isConditional: true });
  test("agree", async (t) => {
    const found = target();
    await agree(found, [await peer(t, "a"), await peer(t, "b", { etag: '"2"' })]);
    assert.deepEqual(found.etags, { a: '"1"', b: '"2"' });
  });
  const CASES = [
    { name: "another status", other: { status: 206 }, says: /a target: b answers with status 206, 8 bytes.*and a with status 200/ },
    { name: "another size", other: { body: "the sames" }, says: /b answers with status 200, 9 bytes/ },
    { name: "another content", other: { body: "the sane" }, says: /b answers with status 200, 8 bytes, SHA-256/ },
    { name: "no ETag for a conditional request", other: { etag: null }, says: /b answers without an ETag/ },
  ];
  for (const { name, other, says } of CASES) {
    test(`do not: ${name}`, async (t) => {
      await assert.rejects(agree(target(), [await peer(t, "a"), await peer(t, "b", other)]), says);
    });
  }
  test("are measured at the size that the row says", () => {
    checkSize({ name: "zip", size: "14 KB" }, 14_100);
    checkSize({ name: "a list" }, 5);
    assert.throws(() => checkSize({ name: "zip", size: "14 KB" }, 20_000), /zip has 20000 bytes, not 13000 to 15000/);
  });
});

describe("the load", () => {
  const load = (...args) => run(`${tools}/load`, ["-requests", "20", "-connections", "4", ...args]);
  test("counts what it sent", async (t) => {
    const { url } = await peer(t, "a");
    const { code, stdout } = await load("-bytes", "8", url);
    assert.equal(code, 0);
    assert.equal(JSON.parse(stdout).requests, 20);
    assert.equal((await load("-bytes", "8", "-method", "HEAD", url)).code, 0);
  });
  const CASES = [
    { name: "another size", args: ["-bytes", "9"], says: /status 200 and 8 bytes, not 200 and 9/ },
    { name: "another size of HEAD", args: ["-bytes", "9", "-method", "HEAD"], says: /status 200 and 8 bytes, not 200 and 9/ },
    { name: "another status", args: ["-bytes", "8", "-status", "304"], says: /status 200 and 8 bytes, not 304 and 8/ },
  ];
  for (const { name, args, says } of CASES) {
    test(`fails: ${name}`, async (t) => {
      const { code, stdout, stderr } = await load(...args, (await peer(t, "a")).url);
      assert.deepEqual([code, stdout], [1, ""]);
      assert.match(stderr, says);
    });
  }
  test("fails where nobody listens", async () => {
    assert.equal((await load("-bytes", "8", "http://127.0.0.1:1/")).code, 1);
  });
});

describe("the stand-in for R2", () => {
  let bucket;
  before(async () => {
    bucket = await BucketServer.start(await scratch({ after: (cleanup) => cleanups.push(cleanup) }), "bucket", `${tools}/bucket`);
  });
  after(() => bucket.stop("SIGKILL"));

  /** As the runtime asks; `{status, code, metadata, body}`. */
  async function ask(request, body) {
    const text = JSON.stringify(request);
    const isWrite = ["put", "delete"].includes(request.method);
    const options = isWrite
      ? { method: "PUT", body: text + (body ?? ""), headers: { "cf-r2-metadata-size": String(text.length) } }
      : { headers: { "cf-r2-request": text } };
    const reply = await fetch(`http://127.0.0.1:${bucket.port}/`, options);
    const all = await reply.text();
    const size = Number(reply.headers.get("cf-r2-metadata-size") ?? 0);
    const error = reply.headers.get("cf-r2-error");
    return {
      status: reply.status,
      code: error && JSON.parse(error).v4code,
      metadata: size ? JSON.parse(all.slice(0, size)) : undefined,
      body: all.slice(size),
    };
  }
  const put = (object, body, more = {}) => ask({ method: "put", object, ...more }, body);

  test("refuses a second write of one key within a second", async () => {
    assert.equal((await put("busy", "a")).status, 200);
    assert.equal((await put("idle", "a")).status, 200);
    assert.equal((await put("busy", "b")).code, 10058);
    assert.equal((await ask({ method: "get", object: "busy" })).body, "a");
    assert.equal((await bucket.counted()).refused, 1);
    await sleep(1050);
    assert.equal((await put("busy", "c")).status, 200);
    assert.equal((await ask({ method: "get", object: "busy" })).body, "c");
  });

  test("holds conditions", async () => {
    const absent = { onlyIf: { etagDoesNotMatch: [{ type: "wildcard" }] } };
    assert.equal((await put("once", "a", absent)).status, 200);
    assert.equal((await put("once", "b", absent)).code, 10031);
    const { etag } = (await ask({ method: "head", object: "once" })).metadata;
    const unless = { onlyIf: { etagDoesNotMatch: [{ type: "strong", value: etag }] } };
    assert.equal((await ask({ method: "get", object: "once", ...unless })).code, 10031);
    const matches = (value) => ({ onlyIf: { etagMatches: [{ type: "strong", value }] } });
    assert.equal((await put("once", "c", matches("another"))).code, 10031);
    assert.equal((await put("never", "c", matches(etag))).code, 10031);
    await sleep(1050);
    assert.equal((await put("once", "c", matches(etag))).status, 200);
  });

  test("checks SHA-512", async () => {
    const sha512 = createHash("sha512").update("bytes").digest("hex");
    assert.equal((await put("summed", "bytez", { sha512 })).code, 10037);
    assert.equal((await put("summed", "bytes", { sha512 })).status, 200);
    assert.equal((await ask({ method: "head", object: "summed" })).metadata.checksums[4], sha512);
  });

  test("cuts ranges", async () => {
    await put("long", "0123456789");
    const range = async (range) => (await ask({ method: "get", object: "long", range })).body;
    assert.equal(await range({ offset: "2", length: "3" }), "234");
    assert.equal(await range({ offset: "7" }), "789");
    assert.equal(await range({ suffix: "2" }), "89");
    assert.equal(await range({ offset: "8", length: "30" }), "89");
  });

  test("lists page by page, with metadata where it is asked for, and deletes", async () => {
    for (const key of ["l/a", "l/b", "l/c", "m"]) await put(key, "x", { customFields: [{ k: "of", v: key }] });
    const page = async (more) => (await ask({ method: "list", prefix: "l/", limit: 2, ...more })).metadata;
    const first = await page({ include: [1] });
    assert.deepEqual(first.objects.map(({ name, customFields }) => [name, customFields[0].v]), [["l/a", "l/a"], ["l/b", "l/b"]]);
    assert.deepEqual([first.truncated, first.cursor], [true, "l/b"]);
    const rest = await page({ cursor: first.cursor });
    assert.deepEqual([rest.objects.map(({ name, customFields }) => [name, customFields]), rest.truncated], [[["l/c", []]], false]);
    assert.deepEqual((await page({ startAfter: "l/b" })).objects.map(({ name }) => name), ["l/c"]);
    await ask({ method: "delete", objects: ["l/a", "l/c"] });
    assert.deepEqual(await bucket.keys("l/"), ["l/b"]);
    assert.equal((await ask({ method: "get", object: "l/a" })).code, 10007);
  });

  test("counts and traces", async () => {
    await bucket.countAnew();
    await ask({ method: "get", object: "nothing" });
    await ask({ method: "list", prefix: "l/" });
    const { total, by, trace } = await bucket.counted();
    assert.deepEqual([total, by, trace], [2, { get: 1, list: 1 }, ["get nothing", "list l/"]]);
  });
});
