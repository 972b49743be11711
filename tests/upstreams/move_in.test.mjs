// An owner of another registry moves in, with all that its modules have; and modules that are mirrored. Both by the generator's
// commands, against two registries, of which ours is killed on the way.

import assert from "node:assert/strict";
import path from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Registry, freePort } from "../clients/lib/parts.mjs";

const UPSTREAM = "buf.build";
const SCOPE = "@buf";
const GENERATOR = path.join(process.env.CARGO_TARGET_DIR ?? `${import.meta.dirname}/../../target`, "debug", "protoedge-generator");
const GO = "protocolbuffers/go";

const COMMITS = 200;
const LABELS = 20;

const upstream = await Registry.create({
  publicUrl: `http://${UPSTREAM}`,
  generatorUrl: "http://127.0.0.1:9",
  vars: { REGISTRY_HOST: UPSTREAM, NPM_SCOPE: SCOPE },
});
const generator = await freePort();
const upstreams = [{ host: UPSTREAM, npm_scope: SCOPE, url: upstream.url, owners: [] }];
const registry = await Registry.create({
  generatorUrl: `http://127.0.0.1:${generator}`,
  vars: { UPSTREAMS: JSON.stringify(upstreams) },
});
after(async () => {
  for (const each of [registry, upstream]) await each.stop({ keep: process.env.KEEP !== undefined });
});
await Promise.all([upstream.startWorker(), registry.startWorker()]);
await Promise.all([upstream.publishCatalogue(), registry.publishCatalogue()]);
await registry.startGenerator(generator);
Object.assign(process.env, registry.environment());
const { Buf } = await import("../e2e/lib/buf.mjs");
const { bufHost, goPackage, url } = await import("../e2e/lib/registry.mjs");
const { ok, run, write } = await import("../e2e/lib/run.mjs");

/** Calls an RPC of a registry as its administrator; gives the answer. */
async function call(at, service, method, message) {
  const reply = await fetch(`${at.url}/buf.registry.${service}/${method}`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${at.environment().ADMIN_TOKEN}` },
    body: JSON.stringify(message),
  });
  const text = await reply.text();
  assert.equal(reply.status, 200, `${method}: ${text}`);
  return JSON.parse(text);
}

const MODULE = "module.v1";

/** Pushes one file to a module of the other registry. */
async function push(module, text, labels) {
  const content = Buffer.from(`syntax = "proto3";\npackage shapes.${module}.v1;\n${text}\n`).toString("base64");
  const message = {
    contents: [
      {
        moduleRef: { name: { owner: "shapes", module } },
        files: [{ path: `shapes/${module}/v1/all.proto`, content }],
        scopedLabelRefs: labels.map((name) => ({ name })),
      },
    ],
  };
  await call(upstream, `${MODULE}.UploadService`, "Upload", message);
}

before(async () => {
  await call(upstream, "owner.v1.OrganizationService", "CreateOrganizations", { values: [{ name: "shapes" }] });
  const modules = ["base", "secret"].map((name) => ({
    ownerRef: { name: "shapes" }, name, defaultLabelName: "main",
    visibility: name === "base" ? "MODULE_VISIBILITY_PUBLIC" : "MODULE_VISIBILITY_PRIVATE",
  }));
  await call(upstream, `${MODULE}.ModuleService`, "CreateModules", { values: modules });
  for (let n = 0; n < COMMITS; n++) {
    const label = `feature/${n % LABELS}`;
    await push("base", `message Point${n} {}`, n % 4 === 3 ? [label] : ["main", label]);
  }
  await push("secret", "message Secret {}", []);
  const archived = { name: { owner: "shapes", module: "base", label: "feature/3" } };
  await call(upstream, `${MODULE}.LabelService`, "ArchiveLabels", { labelRefs: [archived] });
});

/** All that a registry says of a module: commits, labels, and what these have named. */
async function allOf(at, module) {
  const name = { owner: "shapes", module };
  const resource = { pageSize: 250, resourceRef: { name } };
  const commits = await call(at, `${MODULE}.CommitService`, "ListCommits", { ...resource, order: "ORDER_CREATE_TIME_ASC" });
  const wanted = { ...resource, archiveFilter: "ARCHIVE_FILTER_ALL", order: "ORDER_CREATE_TIME_ASC" };
  const { labels } = await call(at, `${MODULE}.LabelService`, "ListLabels", wanted);
  const histories = [];
  for (const { name: label } of labels) {
    const labelRef = { name: { ...name, label } };
    histories.push(await call(at, `${MODULE}.LabelService`, "ListLabelHistory", { pageSize: 250, labelRef }));
  }
  return { commits, labels, histories };
}

const command = (...args) => run(GENERATOR, args, { input: `${upstream.environment().ADMIN_TOKEN}\n` });

test("a mirror is added, listed, and removed", async () => {
  const module = `${UPSTREAM}/shapes/base`;
  const added = await command("mirror", "add", module, "--labels", "feature/1");
  assert.equal(added.code, 0, added.stderr);
  assert.match(added.stdout, /is here as it is there/);
  const { stdout } = await command("mirror", "list");
  assert.deepEqual(JSON.parse(stdout).labels, ["feature/1"]);
  const refs = ["main", "feature/1"].map((ref) => ({ name: { owner: "shapes", module: "base", ref } }));
  const [ours, theirs] = await Promise.all(
    [registry, upstream].map((at) => call(at, `${MODULE}.CommitService`, "GetCommits", { resourceRefs: refs })),
  );
  assert.deepEqual(ours, theirs);
  assert.equal((await command("mirror", "sync", module)).code, 0);
  assert.equal((await command("mirror", "remove", module)).code, 0);
  assert.equal((await command("mirror", "list")).stdout, "");
  const unknown = await command("mirror", "add", `${UPSTREAM}/shapes/none`);
  assert.equal(unknown.code, 1);
  assert.match(unknown.stderr, /buf\.build answered 404/);
});

test("an owner moves in, also when the registry is killed twice on the way", async (t) => {
  const moveIn = () => command("move-in", `${UPSTREAM}/shapes`, "--token-stdin");
  for (const after of [1500, 2500]) {
    const going = moveIn();
    await sleep(after);
    await registry.killWorker();
    const { code } = await going;
    assert.equal(code, 3);
    await registry.startWorker();
  }
  const { code, stdout, stderr } = await moveIn();
  assert.equal(code, 0, stderr);
  assert.match(stdout, /is this registry's/);
  for (const module of ["base", "secret"]) {
    const [ours, theirs] = [await allOf(registry, module), await allOf(upstream, module)];
    assert.deepEqual(ours, theirs);
    assert.equal(ours.commits.commits.length, module === "base" ? COMMITS : 1);
    assert.equal(ours.labels.length, module === "base" ? LABELS + 1 : 1);
  }

  await t.test("old pins go on, and what is pushed here has this registry's names", async (t) => {
    const list = `/gen/go/${UPSTREAM}/gen/go/shapes/base/${GO}/@v/list`;
    const listOf = async (at) => (await fetch(`${at.url}${list}`)).text();
    assert.equal(await listOf(registry), await listOf(upstream));
    const buf = await Buf.create(t);
    const folder = path.join(buf.home, "base");
    const text = 'syntax = "proto3";\npackage shapes.base.v1;\nmessage New {}\n';
    await write(folder, { "buf.yaml": `version: v2\nname: ${bufHost}/shapes/base\n`, "shapes/base/v1/all.proto": text });
    const commit = await buf.push(folder);
    const versions = await (await fetch(`${url}/gen/go/${goPackage("shapes/base", GO)}/@v/list`)).text();
    assert.match(versions, new RegExp(`^v\\S+-${commit.slice(0, 12)}\\.\\d+\\n$`));
  });

  await t.test("what was private there is private here", async () => {
    const nobody = await fetch(`${url}/gen/go/${UPSTREAM}/gen/go/shapes/secret/${GO}/@v/list`);
    assert.equal(nobody.status, 404);
  });
});

test("an owner that is here already moves nowhere", async () => {
  await call(registry, "owner.v1.OrganizationService", "CreateOrganizations", { values: [{ name: "acme" }] });
  const { code, stderr } = await command("move-in", `${UPSTREAM}/acme`);
  assert.equal(code, 1);
  assert.match(stderr, /this registry has an owner of that name/);
  assert.equal(await ok(GENERATOR, ["mirror", "list"]), "");
});
