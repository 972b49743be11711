// What is refused, and how the clients show it.

import assert from "node:assert/strict";
import { request } from "node:http";
import { before, test } from "node:test";
import { Buf } from "./lib/buf.mjs";
import { Go } from "./lib/go.mjs";
import { Npm } from "./lib/npm.mjs";
import { UNITS, single } from "./lib/protos.mjs";
import {
  bufHost, fresh, get, goPackage, host, jobs, npmPackage, npmScope, url,
} from "./lib/registry.mjs";
import { UPLOAD, call, upload } from "./lib/rpc.mjs";
import { field } from "./lib/wire.mjs";

let buf;
let owner;

before(async (t) => {
  buf = await Buf.create(t);
  owner = await buf.organization("bad");
});

/** A module with one good commit; gives its name. */
async function existing(files = single("Good")) {
  const name = `${owner}/${fresh("module")}`;
  const commit = await buf.publish(name, files);
  return { name, commit };
}

test("a wrong token is named as such", async (t) => {
  const stranger = await Buf.create(t, "wrong");
  const folder = await stranger.module(`${owner}/mine`, single("Mine"));
  const text = await stranger.fails(["push", folder, "--create"]);
  assert.match(text, /BUF_TOKEN environment variable is not valid/);

  const headers = { authorization: "Bearer wrong" };
  const { name } = await existing();
  const ours = await get(`/gen/go/${goPackage(name, "protocolbuffers/go")}/@latest`, headers);
  assert.equal(ours.status, 200, "an old password must not close what is public");
  const missing = await get(`/gen/go/${goPackage(`${owner}/missing`, "protocolbuffers/go")}/@latest`, headers);
  assert.equal(missing.status, 401);
  const foreign = await get("/gen/go/example.com/foreign/@v/list", headers);
  assert.equal(foreign.status, 404, "a stale password must not hide the next proxy");
});

test("an unknown owner is said to be unknown", async (t) => {
  const nobody = fresh("nobody");
  const folder = await buf.module(`${nobody}/module`, single("M"));
  assert.match(await buf.fails(["push", folder, "--create"]), new RegExp(nobody));
  const go = await Go.create(t);
  go.env.GOPROXY = `${url}/gen/go`;
  const text = await go.fails("get", goPackage(`${nobody}/module`, "protocolbuffers/go"));
  assert.match(text, /404/);
  const npm = await Npm.create(t);
  assert.match(await npm.fails("install", npmPackage(`${nobody}/module`, "bufbuild/es")), /404/);
});

test("names that go or npm cannot carry are refused", async () => {
  for (const name of ["aux", "gen", "com1"]) {
    const text = await buf.fails(["registry", "organization", "create", `${bufHost}/${name}`]);
    assert.match(text, /reserved/, name);
  }
});

test("contents that no module may have are refused", async () => {
  const { name } = await existing();
  const good = { "good.proto": 'syntax = "proto3";\n' };
  const rows = [
    ["a path that leads out", { "../x.proto": "" }, /\.\.\/x\.proto/],
    ["an absolute path", { "/x.proto": "" }, /\/x\.proto/],
    ["a backslash", { "a\\x.proto": "" }, /x\.proto/],
    ["no proto file", { LICENSE: "text" }, /\.proto/],
    ["another kind of file", { ...good, "main.go": "package main" }, /main\.go/],
    ["a line end of its own", { ...good, "a\u2028b.proto": "" }, /direction of writing/],
    ["a name that turns around", { ...good, "a\u202eb.proto": "" }, /direction of writing/],
    ["a name that no disk can hold", { ...good, [`${"a".repeat(300)}.proto`]: "" }, /255 bytes, not 306/],
    ["an import that leads nowhere", { "a.proto": 'import "no/such.proto";' }, /no\/such\.proto/],
  ];
  for (const [what, files, expected] of rows) {
    const { status, code, message } = await call(UPLOAD, upload(name, files));
    assert.equal(status, 400, `${what}: ${status} ${message}`);
    assert.match(code, /^(invalid_argument|failed_precondition)$/, what);
    assert.match(message, expected, what);
  }
  const { status, message } = await call(UPLOAD, upload(name, good));
  assert.equal(status, 200, `the good part alone: ${message}`);
});

test("a dependency that is not there, or defines the same file, is refused", async () => {
  const { name } = await existing();
  const missing = "0123456789abcdef0123456789abcdef";
  const gone = await call(UPLOAD, upload(name, single("M"), [missing]));
  assert.equal(gone.code, "not_found", gone.message);
  assert.match(gone.message, new RegExp(missing));

  const units = await existing(UNITS);
  const twice = await call(UPLOAD, upload(name, UNITS, [units.commit]));
  assert.equal(twice.status, 400, twice.message);
  assert.match(twice.message, /acme\/units\/v1\/units\.proto/);
});

test("a push that is too large is told the limit", async () => {
  const line = `// ${"x".repeat(1020)}\n`;
  const folder = await buf.module(`${owner}/large`, {
    "large.proto": `syntax = "proto3";\n${line.repeat(33 * 1024)}`,
  });
  assert.match(await buf.fails(["push", folder, "--create"]), /32 MiB/);
});

test("what is no RPC is refused in the protocol's words", async () => {
  const damaged = await call(UPLOAD, Buffer.from([0x0a, 0x7f, 0x00]));
  assert.equal(damaged.code, "invalid_argument");
  const wrongType = await call(UPLOAD, field(1, Buffer.from([0x08])));
  assert.equal(wrongType.code, "invalid_argument");
  const unknown = await call("buf.registry.module.v1.ModuleService/Frobnicate", "");
  assert.equal(unknown.code, "failed_precondition");
  const json = await call(UPLOAD, "{", { "content-type": "application/json" });
  assert.equal(json.code, "invalid_argument");
  const grpc = await call(UPLOAD, "", { "content-type": "application/grpc" });
  assert.equal(grpc.status, 415);
  assert.equal((await fetch(`${url}/${UPLOAD}`)).status, 405);
});

test("foreign and malformed paths are 404 at once", async () => {
  const rows = [
    "/gen/go/whatever",
    "/gen/go/example.com/x/@v/list",
    `/gen/go/${host}/gen/go/${owner}/@v/list`,
    `/gen/go/${host}/gen/go/${owner}/module/protocolbuffers/go/@v/v1.0.0.zip.zip`,
    `/gen/go/${host}/gen/go/../../secret/@latest`,
    "/gen/npm/v1/lodash",
    `/gen/npm/v1/${npmScope}%2fnothing`,
    "/gen/npm/v1/%2e%2e%2f",
    "/%00",
  ];
  for (const path of rows) {
    const from = Date.now();
    const reply = await get(path);
    await reply.arrayBuffer();
    assert.equal(reply.status, 404, path);
    assert.ok(reply.headers.get("cache-control"), `${path} says how long it may be cached`);
    assert.ok(Date.now() - from < 2000, `${path} took ${Date.now() - from} ms`);
  }
});

test("a forged Host is never repeated", async () => {
  const { name } = await existing();
  const goPath = `/${goPackage(name, "connectrpc/go").slice(host.length + 1)}?go-get=1`;
  const npmPath = `/gen/npm/v1/${npmPackage(name, "bufbuild/es").replace("/", "%2f")}`;
  assert.equal((await get(npmPath)).status, 200, "made, so that the next reply has a tarball's URL");
  for (const path of [goPath, npmPath]) {
    const text = await withHost("evil.example", path);
    assert.ok(text.includes(url), path);
    assert.ok(!text.includes("evil.example"), path);
  }
});

function withHost(name, path) {
  return new Promise((resolve, reject) => {
    const options = { headers: { host: name, "x-forwarded-host": name } };
    const outgoing = request(new URL(path, url), options, (reply) => {
      let text = "";
      reply.setEncoding("utf8").on("data", (part) => (text += part));
      reply.on("end", () => resolve(text));
    });
    outgoing.on("error", reject).end();
  });
}

test("go shows why an SDK is rejected, and asks for it once", async (t) => {
  // One folder, two packages: legal, but a folder is one Go package.
  const { name } = await existing({
    "e2e/a.proto": 'syntax = "proto3";\n\npackage one.v1;\n\nmessage A {}\n',
    "e2e/b.proto": 'syntax = "proto3";\n\npackage two.v1;\n\nmessage B {}\n',
  });
  const packageName = goPackage(name, "protocolbuffers/go");
  const version = await buf.sdkVersion(name, "protocolbuffers/go");
  for (let round = 0; round < 2; round++) {
    const go = await Go.create(t);
    const text = await go.fails("get", `${packageName}@${version}`);
    assert.match(text, /inconsistent names, onev1 and twov1/);
    assert.match(text, /422/);
  }
  const outcomes = (await jobs(packageName, version)).map((job) => job.outcome);
  assert.deepEqual(outcomes, ["rejected"]);
});

test("npm shows the compiler's own words", async (t) => {
  const name = `${owner}/${fresh("module")}`;
  await buf.ok(["registry", "module", "create", `${bufHost}/${name}`, "--visibility", "public"]);
  const broken = { "broken.proto": 'syntax = "proto3";\n\nmessage {\n}\n' };
  const { status, message } = await call(UPLOAD, upload(name, broken));
  assert.equal(status, 200, message);
  const npm = await Npm.create(t);
  const text = await npm.fails("install", npmPackage(name, "bufbuild/es"));
  assert.match(text, /422/);
  assert.match(text, /broken\.proto:3:9: Expected message name/);
});
