// What hostile texts a push is refused for, and how the stock buf shows it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Buf } from "../e2e/lib/buf.mjs";
import { Go } from "../e2e/lib/go.mjs";
import { get, goPackage, url } from "../e2e/lib/registry.mjs";
import { UPLOAD, call } from "../e2e/lib/rpc.mjs";

const GOOD = 'syntax = "proto3";\n\npackage hostile.v1;\n\n// Good.\nmessage M {\n  string text = 1;\n}\n';

test("a comment that Go would carry out is refused with file and line", async (t) => {
  const buf = await Buf.create(t);
  const module = `${await buf.organization("hostile")}/directives`;
  const folder = await buf.module(module, { "hostile/v1/a.proto": GOOD.replace("// Good.", "//go:linkname a b") });
  const said = await buf.fails(["push", folder, "--create", "--create-visibility", "public"]);
  assert.match(said, /"hostile\/v1\/a\.proto", line 5, .*directive go:linkname/s);

  await buf.publish(module, { "hostile/v1/a.proto": GOOD.replace("// Good.", "// go:linkname a b") });
  const go = await Go.create(t);
  await go.ok("get", `${goPackage(module, "protocolbuffers/go")}/...`);
  await go.ok("build", `${goPackage(module, "protocolbuffers/go")}/...`);
});

test("addresses are of http or https", async (t) => {
  const buf = await Buf.create(t);
  const module = `${await buf.organization("hostile")}/addresses`;
  const folder = await buf.module(module, { "hostile/v1/a.proto": GOOD });
  const push = ["push", folder, "--create", "--create-visibility", "public", "--source-control-url"];
  for (const address of ["javascript:alert(1)", "data:text/html,<script>alert(1)</script>", "file:///etc/hostname", "https://example.com/\u001b[2J"]) {
    assert.match(await buf.fails([...push, address]), /http/, address);
  }
  await buf.ok([...push, "https://example.com/commit/1"]);
});

test("every reply says that its body is what it says", async () => {
  const replies = await Promise.all([
    get("/"),
    get("/nothing"),
    get("/gen/go/example.com/foreign/@v/list"),
    get("/gen/npm/v1/@foreign%2fx"),
    fetch(`${url}/${UPLOAD}`),
    fetch(`${url}/-/admin/catalogue`, { method: "PUT" }),
    fetch(url, { method: "HEAD" }),
  ]);
  for (const reply of replies) assert.equal(reply.headers.get("x-content-type-options"), "nosniff", reply.url);
  assert.equal((await call(UPLOAD, Buffer.from("x"))).status, 400);
});
