// Behind the cache that a deployed Worker lives in, modelled by nginx: what of each class is kept, who is served without the
// Worker, and that what is not to be shown any more is forgotten.

import assert from "node:assert/strict";
import { rename, writeFile } from "node:fs/promises";
import { after, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { EdgeModel, entry } from "./lib/edge_model.mjs";
import { Registry, freePort } from "./lib/parts.mjs";

// Longer than the Worker holds a client's first request, and than nginx holds those who wait for the same.
const SECONDS = 8;
const WAITERS = 8;
// What the scheduled handler does once more, it does a minute later: its own turn comes every 5 s here.
const AGAIN_WITHIN_MS = 90_000;

const skip = await EdgeModel.missing();
let model;
let registry;
let lib;

if (!skip) {
  model = await EdgeModel.create();
  const port = await freePort();
  registry = await Registry.create({ publicUrl: model.url, generatorUrl: `http://127.0.0.1:${port}` });
  after(async () => {
    await registry.stop({ keep: process.env.KEEP !== undefined });
    await model.stop();
  });
  await rename(`${registry.folder}/worker/index.js`, `${registry.folder}/worker/worker.js`);
  await writeFile(`${registry.folder}/worker/index.js`, entry(model.purgeUrl));
  await registry.startWorker();
  await model.start(registry.url);
  await registry.publishCatalogue();
  await registry.startGenerator(port, SECONDS);
  Object.assign(process.env, registry.environment());
  const files = ["matrix", "modules", "private_paths"].map((name) => `./lib/${name}`);
  files.push("../e2e/lib/registry");
  lib = Object.assign({}, ...(await Promise.all(files.map((file) => import(`${file}.mjs`)))));
}

/** Asks the cache once: what the client gets, and whether the Worker was asked. Two tests never ask for one path at once. */
async function ask(target, { method = "GET", headers = {} } = {}) {
  const lines = async () => (await model.requests()).filter((line) => line.path === target);
  const before = (await lines()).length;
  const reply = await fetch(`${model.url}${target}`, { method, headers, redirect: "manual" });
  const body = Buffer.from(await reply.arrayBuffer());
  // nginx writes its line when the reply is out.
  for (;;) {
    const [line] = (await lines()).slice(before);
    if (line) return { reply, body, cache: line.cache, wasWorkerAsked: line.upstream !== "-" };
    await sleep(5);
  }
}

/** A public module whose packages are made, with its paths by what they end in. */
async function made(t, module) {
  await lib.pushAll(t, [module]);
  const paths = await lib.pathsOf(module, await lib.tokenFor("alice"));
  await lib.makeAll(paths, await lib.tokenFor("alice"));
  const exact = paths.filter((it) => /\d\.(info|mod|zip|tgz)$/.test(it));
  return { paths, exact, others: paths.filter((it) => !exact.includes(it)), zip: exact.find((it) => it.endsWith(".zip")) };
}

describe("the cache in front of the Worker", { skip, concurrency: 8 }, () => {
  test("what never changes is the cache's after one request, whoever asks", async (t) => {
    const { exact } = await made(t, "edge-exact/module");
    assert.equal(exact.length, 4);
    const token = await lib.tokenFor("alice");
    for (const target of exact) {
      const url = `${target}?fresh`;
      const first = await ask(url);
      assert.deepEqual([first.reply.status, first.cache], [200, "MISS"], url);
      for (const headers of [{}, { authorization: `Bearer ${token}` }, { authorization: "Bearer nonsense" }]) {
        const { reply, body, wasWorkerAsked } = await ask(url, { headers });
        assert.deepEqual([reply.status, wasWorkerAsked], [200, false], url);
        assert.deepEqual(body, first.body, url);
        assert.equal(reply.headers.get("cache-control"), "public, max-age=31536000, immutable");
        assert.match(reply.headers.get("cache-status"), /^protoedge; (hit|detail=computed)$/);
        for (const name of ["cache-tag", "cloudflare-cdn-cache-control", "vary"]) {
          assert.equal(reply.headers.get(name), null, `${url}: ${name} is not for clients`);
        }
      }
      const known = await ask(url, { headers: { "if-none-match": first.reply.headers.get("etag") } });
      assert.deepEqual([known.reply.status, known.wasWorkerAsked], [304, false], url);
    }
  });

  test("a reply that was generated while its client waited says nothing of that to the next ones", async (t) => {
    await lib.pushAll(t, ["edge-fast/module"]);
    const packageName = lib.goPackage("edge-fast/module", "protocolbuffers/go");
    const { Version: version } = await (await lib.get(`/gen/go/${packageName}/@latest`)).json();
    const target = `/gen/go/${packageName}/@v/${version}.zip`;
    await lib.get(target);
    for (const cache of ["MISS", "HIT"]) {
      const seen = await ask(target);
      assert.deepEqual([seen.reply.status, seen.cache], [200, cache]);
      assert.equal(seen.reply.headers.get("cache-status"), "protoedge; hit");
    }
  });

  test("HEAD brings the whole, and ranges are cut from it", async (t) => {
    const { zip } = await made(t, "edge-parts/module");
    const head = await ask(`${zip}?head`, { method: "HEAD" });
    assert.deepEqual([head.reply.status, head.cache, head.body.length], [200, "MISS", 0]);
    const whole = await ask(`${zip}?head`);
    assert.deepEqual([whole.reply.status, whole.wasWorkerAsked], [200, false]);
    assert.equal(Number(head.reply.headers.get("content-length")), whole.body.length);
    for (const [url, wasAsked] of [[`${zip}?head`, false], [`${zip}?range`, true], [`${zip}?range`, false]]) {
      const part = await ask(url, { headers: { range: "bytes=10-19" } });
      assert.deepEqual([part.reply.status, part.wasWorkerAsked], [206, wasAsked], url);
      assert.deepEqual(part.body, whole.body.subarray(10, 20), url);
    }
  });

  test("what changes is asked for each time, and costs nothing where it is known", async (t) => {
    const { others } = await made(t, "edge-changing/module");
    const pages = [lib.pageOf("edge-changing/module"), "/", "/gen/go/", "/gen/npm/v1/"];
    for (const target of [...others, ...pages]) {
      for (let n = 0; n < 2; n++) {
        const { reply, cache } = await ask(target);
        assert.deepEqual([reply.status, cache], [200, "MISS"], target);
        assert.equal(reply.headers.get("cache-control"), "public, no-cache", target);
        // Of the Worker itself: nginx asks for the whole of what it might keep.
        const headers = { "if-none-match": reply.headers.get("etag") };
        assert.equal((await fetch(`${registry.url}${target}`, { headers })).status, 304, target);
      }
    }
  });

  test("foreign paths are the cache's for five minutes; what is missing, refused or waited for never is", async (t) => {
    const { zip } = await made(t, "edge-refused/module");
    for (const [cache, wasWorkerAsked] of [["MISS", true], ["HIT", false]]) {
      const seen = await ask("/gen/go/other.example.com/m/@v/list");
      assert.deepEqual([seen.reply.status, seen.cache, seen.wasWorkerAsked], [404, cache, wasWorkerAsked]);
    }
    const list = zip.replace(/@v\/.*/, "@v/list");
    for (const [target, status, options] of [
      [list.replace("edge-refused/module", "edge-missing/module"), 404],
      [zip.replace(/v1\.\d+\.\d+-/, "v1.0.0-"), 404],
      [`${zip}?w=1.0123456789abcdef0123456789abcdef`, 200],
      [`${zip}?w=1`, 404],
      [zip, 405, { method: "DELETE" }],
      ["/gen/npm/v1/-/whoami", 401],
      ["/gen/npm/v1/-/ping", 200],
      ["/-/api/user", 401],
      ["/-/admin/tokens", 401, { method: "POST" }],
      ["/buf.registry.owner.v1.UserService/GetCurrentUser", 401, { method: "POST", headers: { "content-type": "application/proto" } }],
    ]) {
      for (let n = 0; n < 2; n++) {
        const seen = await ask(target, options);
        assert.deepEqual([seen.reply.status, seen.wasWorkerAsked], [status, true], target);
      }
    }
  });

  test("those who wait for one SDK do not wait for each other", async (t) => {
    await lib.pushAll(t, ["edge-waiting/module"]);
    const packageName = lib.goPackage("edge-waiting/module", "protocolbuffers/go");
    const { Version: version } = await (await lib.get(`/gen/go/${packageName}/@latest`)).json();
    const started = Date.now();
    const target = `/gen/go/${packageName}/@v/${version}.zip`;
    const replies = await Promise.all(Array.from({ length: WAITERS }, () => lib.get(target)));
    assert.deepEqual(replies.map(({ status }) => status), Array(WAITERS).fill(200));
    // One after the other, they would wait 3 s each at their first request alone.
    const seconds = (Date.now() - started) / 1000;
    assert.ok(seconds < SECONDS + 3 * (WAITERS - 1), `${seconds} s`);
    assert.equal((await ask(target)).cache, "MISS", "nothing of those who waited was kept");
  });

  test("nothing of a private module is kept, nor shown to those who may not read it", async (t) => {
    const token = await lib.tokenFor("alice");
    await lib.pushAll(t, ["edge-closed/module"], { token, visibility: "private" });
    const paths = await lib.pathsOf("edge-closed/module", token);
    await lib.makeAll(paths, token);
    const headers = { authorization: `Bearer ${token}` };
    for (const target of paths) {
      for (const [options, status] of [[{ headers }, 200], [{}, 404], [{ headers }, 200], [{}, 404]]) {
        const seen = await ask(target, options);
        assert.deepEqual([seen.reply.status, seen.wasWorkerAsked], [status, true], target);
      }
    }
  });

  test("what is made private is forgotten at once, and once more a minute later; the rest stays", async (t) => {
    const [closed, open] = [await made(t, "edge-closing/module"), await made(t, "edge-staying/module")];
    for (const target of [...closed.exact, ...open.exact]) await ask(target);
    for (const target of [...closed.exact, ...open.exact]) assert.equal((await ask(target)).cache, "HIT", target);
    const reply = await fetch(`${registry.url}/-/api/modules/edge-closing/module`, {
      method: "PATCH",
      headers: { authorization: `Bearer ${lib.adminToken}`, "content-type": "application/json" },
      body: JSON.stringify({ visibility: "private" }),
    });
    assert.equal(reply.status, 200, await reply.text());
    const wanted = [{ tags: ["m:edge-closing/module"] }];
    await until(() => model.purged.length === 1, 10_000);
    assert.deepEqual(model.purged, wanted);
    for (const target of closed.exact) assert.equal((await ask(target)).reply.status, 404, target);
    for (const target of open.exact) assert.equal((await ask(target)).cache, "HIT", target);
    // This one is the scheduled handler's, which no request leads to.
    await until(() => model.purged.length === 2, AGAIN_WITHIN_MS);
    assert.deepEqual(model.purged, [...wanted, ...wanted]);
  });
});

async function until(isSo, ms) {
  const deadline = Date.now() + ms;
  while (!isSo()) {
    assert.ok(Date.now() < deadline, "in time");
    await sleep(100);
  }
}
