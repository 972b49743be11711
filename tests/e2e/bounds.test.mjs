// What a stranger can cost: how much one call asks for, how much one person makes, and which names are reserved.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Buf } from "./lib/buf.mjs";
import { single } from "./lib/protos.mjs";
import { bufHost, fresh, tokenFor } from "./lib/registry.mjs";
import { UPLOAD, call } from "./lib/rpc.mjs";
import { run } from "./lib/run.mjs";
import { field, message } from "./lib/wire.mjs";

const DOWNLOAD = "buf.registry.module.v1.DownloadService/Download";
const GET_COMMITS = "buf.registry.module.v1.CommitService/GetCommits";
const CREATE = "buf.registry.owner.v1.OrganizationService/CreateOrganizations";

/** A `ResourceRef` by name. */
function reference(module, label) {
  const [owner, name] = module.split("/");
  return field(2, message(field(1, owner), field(2, name), field(4, label)));
}

function download(references) {
  return message(...references.map((reference) => field(1, field(1, reference))));
}

/** `CreateOrganizationsRequest` */
function organizations(names) {
  return message(...names.map((name) => field(1, field(1, name))));
}

function bearer(token) {
  return { authorization: `Bearer ${token}` };
}

/** A person with a token, at a shell. */
async function person(t) {
  const token = await tokenFor(fresh("person"));
  return { token, buf: await Buf.create(t, token) };
}

test("a download of many paths is bounded", async (t) => {
  const buf = await Buf.create(t);
  const module = `${await buf.organization("bounds")}/paths`;
  await buf.publish(module, single("Paths"));
  const labels = Array.from({ length: 30 }, (_, n) => `l${n}`);
  const folder = `${"d".repeat(250)}/`.repeat(15);
  const files = Array.from({ length: 500 }, (_, n) => field(2, field(1, `${folder}${n}.proto`)));
  const [owner, name] = module.split("/");
  const content = message(
    field(1, field(2, message(field(1, owner), field(2, name)))),
    ...files,
    ...labels.map((label) => field(3, field(2, label))),
  );
  const pushed = await call(UPLOAD, field(1, content));
  assert.equal(pushed.status, 200, pushed.message);
  const references = labels.map((label) => reference(module, label));
  // 1.9 MB each.
  const some = await call(DOWNLOAD, download(references.slice(0, 15)));
  assert.equal(some.status, 200, some.message);
  assert.ok(some.bytes.length > 25_000_000, `${some.bytes.length} bytes`);
  const all = await call(DOWNLOAD, download(references));
  assert.deepEqual([all.status, all.code], [429, "resource_exhausted"]);
  assert.match(all.message, /ask for fewer at once/);
});

test("the same reference twice is refused", async (t) => {
  const buf = await Buf.create(t);
  const module = `${await buf.organization("bounds")}/twice`;
  const commit = await buf.publish(module, single("Twice"));
  const [main, id] = [reference(module, "main"), reference(module, commit)];
  const commits = (references) => message(...references.map((reference) => field(1, reference)));
  for (const [rpc, request] of [[DOWNLOAD, download], [GET_COMMITS, commits]]) {
    const twice = await call(rpc, request([main, id, main]));
    assert.deepEqual([twice.status, twice.code], [400, "invalid_argument"], rpc);
    assert.match(twice.message, new RegExp(`${module}:main twice`), rpc);
    const once = await call(rpc, request([main, id]));
    assert.equal(once.status, 200, `${rpc}: ${once.message}`);
  }
});

test("a label that buf names twice is moved once", async (t) => {
  const buf = await Buf.create(t);
  const module = `${await buf.organization("bounds")}/labels`;
  const commit = await buf.publish(module, single("Labels"), { flags: ["--label", "a", "--label", "a"] });
  const add = ["registry", "module", "commit", "add-label", `${bufHost}/${module}:${commit}`];
  await buf.ok([...add, "--label", "b", "--label", "b"]);
  for (const label of ["a", "b"]) assert.equal(await buf.resolve(`${module}:${label}`), commit, label);
});

test("one call makes few organizations, and one person some", async (t) => {
  const { token, buf } = await person(t);
  const prefix = fresh("many");
  const names = Array.from({ length: 250 }, (_, n) => `${prefix}-${n}`);
  for (const [who, headers] of [["a person", bearer(token)], ["the administrator", {}]]) {
    const all = await call(CREATE, organizations(names), headers);
    assert.deepEqual([all.status, all.code], [429, "resource_exhausted"], who);
    assert.match(all.message, /at most 10 organizations, not 250/, who);
  }
  const twice = await call(CREATE, organizations([names[0], names[0]]), bearer(token));
  assert.deepEqual([twice.status, twice.code], [400, "invalid_argument"]);
  for (const ten of [names.slice(0, 10), names.slice(10, 20)]) {
    const made = await call(CREATE, organizations(ten), bearer(token));
    assert.equal(made.status, 200, made.message);
  }
  const create = ["registry", "organization", "create", `${bufHost}/${names[20]}`];
  const text = await buf.fails(create);
  assert.match(text, /resource_exhausted: .* 20 organizations, .* ask an administrator/);
  await (await Buf.create(t)).ok(create);
});

test("names that everybody knows are for the administrator", async (t) => {
  const { buf } = await person(t);
  const admin = await Buf.create(t);
  for (const name of ["googleapis", "google-apis", "bufbui1d"]) {
    const create = ["registry", "organization", "create", `${bufHost}/${name}`];
    assert.match(await buf.fails(create), /permission_denied: .* is reserved for .* administrator/, name);
    // Another run may have made it.
    const { code, stderr } = await run("buf", create, { env: admin.env });
    assert.ok(code === 0 || /already_exists/.test(stderr), stderr);
    await admin.ok(["registry", "organization", "info", `${bufHost}/${name}`]);
  }
});
