// A quick look at the whole bench: everything is measured, if only once, and every peer has answered alike.

import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import { run } from "../../e2e/lib/run.mjs";
import { Nginx } from "../../clients/lib/nginx.mjs";

const ROOT = path.join(import.meta.dirname, "..", "..", "..");

test("scripts/bench edge --quick", async (t) => {
  const missing = await Nginx.missing();
  if (missing) t.diagnostic(`LEFT OUT: ${missing}`);
  const { code, stdout, stderr } = await run(`${ROOT}/scripts/bench`, ["edge", "--quick", "--json"]);
  assert.equal(code, 0, stderr);
  const { requests, others } = JSON.parse(stdout);
  assert.equal(requests.length, 17);
  const peers = ["protoedge", "plain", ...(missing ? [] : ["nginx"])];
  for (const { name, microseconds } of requests) {
    assert.deepEqual(Object.keys(microseconds).toSorted(), peers.toSorted(), name);
    for (const [peer, used] of Object.entries(microseconds)) assert.ok(used > 0, `${name}: ${peer} used ${used} µs`);
  }
  const value = (name) => others.find((row) => row.name.startsWith(name))?.value;
  assert.ok(value("a cold Worker's first zip, bucket operations") >= 1);
  assert.ok(value("10 clients that wait 4 s for one SDK, bucket operations") >= 10);
  assert.ok(value("packument of a module with 140 labels, ms of CPU") > 0);
  assert.ok(value("page of 10 of 210 labels, bucket operations") >= 11);
  for (const page of ["page of an SDK", "page of a module", "page of a file", "page of dependencies", "home page"]) {
    const { value: operations, isMet } = others.find(({ name }) => name === `${page}, bucket operations`);
    assert.ok(isMet, `${page}: ${operations} bucket operations`);
  }
  assert.ok(value("archiving one of 210 labels, ms of CPU") > 0);
  assert.ok(value("cold go get ÷ buf generate, 1 file") > 0);
  for (const command of ["pip install", "uv sync"]) {
    const ratio = value(`${command} of 3 packages ÷ from nginx`);
    assert.ok(missing || ratio > 0, `${command}: ${ratio}`);
  }
  assert.ok(value("wasm, KB gzipped") > 100);
});

test("what it does not know it refuses", async () => {
  for (const args of [["--rounds", "0"], ["--quick", "--write"], ["--slow"]]) {
    const { code, stderr } = await run(process.execPath, [`${import.meta.dirname}/run.mjs`, ...args]);
    assert.equal(code, 1, stderr);
  }
});
