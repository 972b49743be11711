// Modules that depend on another registry's: the stock buf pushes and uses them, and what their users install has that registry's names.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import path from "node:path";
import { Registry, freePort } from "../clients/lib/parts.mjs";
import { fetchTools, program } from "../clients/lib/tools.mjs";
import { HostProxy } from "./lib/proxy.mjs";

const UPSTREAM = "buf.build";
const SCOPE = "@buf";

const upstream = await Registry.create({
  publicUrl: `http://${UPSTREAM}`,
  generatorUrl: "http://127.0.0.1:9",
  vars: { REGISTRY_HOST: UPSTREAM, NPM_SCOPE: SCOPE },
});
const generator = await freePort();
const upstreams = [{ host: UPSTREAM, npm_scope: SCOPE, url: upstream.url, owners: ["shapes"] }];
const registry = await Registry.create({
  generatorUrl: `http://127.0.0.1:${generator}`,
  vars: { UPSTREAMS: JSON.stringify(upstreams) },
});
const proxy = await HostProxy.listen(UPSTREAM, upstream.url);
after(async () => {
  for (const each of [registry, upstream]) await each.stop({ keep: process.env.KEEP !== undefined });
  proxy.close();
});
await Promise.all([upstream.startWorker(), registry.startWorker()]);
await registry.publishCatalogue();
await registry.startGenerator(generator);
Object.assign(process.env, registry.environment());
process.env.BUF_TOKEN = [registry, upstream].map((it) => it.environment().BUF_TOKEN).join(",");
const { Buf } = await import("../e2e/lib/buf.mjs");
const { BUF_VERSIONS } = await import("../e2e/lib/buf_versions.mjs");
const { Go } = await import("../e2e/lib/go.mjs");
const { Npm } = await import("../e2e/lib/npm.mjs");
const { bufHost, get, goPackage, npmPackage, npmRegistry } = await import("../e2e/lib/registry.mjs");
const { write } = await import("../e2e/lib/run.mjs");

const GO = "protocolbuffers/go";
const ES = "bufbuild/es";

/** The commits of `shapes/base` and `shapes/circles` of the other registry. */
const theirs = {};

/** Somebody at a shell whose buf finds the other registry. */
async function user(t, command) {
  const buf = await Buf.create(t, undefined, command);
  buf.env.HTTP_PROXY = proxy.url;
  return buf;
}

/** Writes a module's folder and locks its dependencies; each name begins with its registry's host. */
async function moduleOf(buf, name, files, deps = []) {
  const folder = path.join(buf.home, "modules", name.replaceAll("/", "-"));
  const lines = ["version: v2", `name: ${name}`];
  if (deps.length > 0) lines.push("deps:", ...deps.map((dep) => `  - ${dep}`));
  await write(folder, { ...files, "buf.yaml": `${lines.join("\n")}\n` });
  if (deps.length > 0) await buf.ok(["dep", "update"], { cwd: folder });
  return folder;
}

/** The file of a package that has one message, with a field of each of these packages' messages. */
function proto(name, message, fields = {}) {
  const imports = Object.keys(fields).map((it) => `import "${it.replaceAll(".", "/")}/all.proto";\n`);
  const members = Object.entries(fields).map(([it, type], n) => `  ${it}.${type} ${type.toLowerCase()} = ${n + 1};\n`);
  const text = `syntax = "proto3";\npackage ${name};\n${imports.join("")}message ${message} {\n${members.join("")}}\n`;
  return { [`${name.replaceAll(".", "/")}/all.proto`]: text };
}

/** The names in a folder's buf.lock. */
async function locked(folder) {
  const text = await readFile(path.join(folder, "buf.lock"), "utf8");
  return Array.from(text.matchAll(/name: (\S+)/g), ([, name]) => name);
}

before(async (t) => {
  const buf = await user(t);
  await buf.ok(["registry", "organization", "create", `${UPSTREAM}/shapes`]);
  const base = await moduleOf(buf, `${UPSTREAM}/shapes/base`, proto("shapes.base.v1", "Point"));
  theirs.base = await buf.push(base);
  const files = proto("shapes.circles.v1", "Circle", { "shapes.base.v1": "Point" });
  theirs.circles = await buf.push(await moduleOf(buf, `${UPSTREAM}/shapes/circles`, files, [`${UPSTREAM}/shapes/base`]));
});

test("what depends on another registry's module is pushed, installed and run", async (t) => {
  const buf = await user(t);
  const owner = await buf.organization("up");
  const scene = `${owner}/scene`;
  const files = proto("scene.v1", "Scene", { "shapes.circles.v1": "Circle" });
  const folder = await moduleOf(buf, `${bufHost}/${scene}`, files, [`${UPSTREAM}/shapes/circles`]);
  await buf.push(folder);
  assert.deepEqual(await locked(folder), [`${UPSTREAM}/shapes/base`, `${UPSTREAM}/shapes/circles`]);

  await t.test("by go", async () => {
    const go = await Go.create(t);
    const version = await go.version(goPackage(scene, GO), "latest");
    const mod = await (await get(`/gen/go/${goPackage(scene, GO)}/@v/${version}.mod`)).text();
    for (const [name, commit] of Object.entries(theirs)) {
      assert.match(mod, new RegExp(`${UPSTREAM}/gen/go/shapes/${name}/${GO} v\\S*-${commit.slice(0, 12)}\\.`));
    }
    const imports = [
      `scene "${goPackage(scene, GO)}/scene/v1"`,
      `base "${UPSTREAM}/gen/go/shapes/base/${GO}/shapes/base/v1"`,
      `circles "${UPSTREAM}/gen/go/shapes/circles/${GO}/shapes/circles/v1"`,
    ];
    const main = "func main() {\n\tfmt.Println(&scene.Scene{Circle: &circles.Circle{Point: &base.Point{}}})\n}\n";
    await go.write({ "main.go": `package main\n\nimport (\n\t"fmt"\n${imports.map((it) => `\t${it}\n`).join("")})\n\n${main}` });
    // Nobody else knows this one's hashes.
    go.env.GONOSUMDB += `,${UPSTREAM}/gen/go/shapes`;
    go.env.GOFLAGS += " -mod=mod";
    await go.ok("get", `${goPackage(scene, GO)}@${version}`);
    await go.ok("mod", "tidy");
    assert.match(await go.ok("run", "."), /circle:\{point:\{\}\}/);
  });

  await t.test("by npm", async () => {
    const npm = await Npm.create(t);
    await npm.write({ ".npmrc": `${process.env.NPM_SCOPE}:registry=${npmRegistry}\n${SCOPE}:registry=${npmRegistry}\n` });
    await npm.ok("install", npmPackage(scene, ES), "@bufbuild/protobuf@^2");
    const own = `import { SceneSchema } from "${npmPackage(scene, ES)}/scene/v1/all_pb.js";`;
    const other = `import { CircleSchema } from "${SCOPE}/shapes_circles.bufbuild_es/shapes/circles/v1/all_pb.js";`;
    const print = "console.log(SceneSchema.fields[0].message === CircleSchema);";
    await npm.write({ "main.mjs": `${own}\n${other}\n${print}\n` });
    assert.equal((await npm.node("main.mjs")).trim(), "true");
  });
});

for (const tool of BUF_VERSIONS) {
  test(`buf ${tool.version}: depends on another registry's module directly, through one here, and through this registry`, async (t) => {
    await fetchTools([tool]);
    const [command] = program(tool);
    const owner = await (await user(t)).organization("up");
    const buf = await user(t, command);
    const ours = (name) => `${bufHost}/${owner}/${name}`;
    const direct = proto("scene.v1", "Scene", { "shapes.circles.v1": "Circle" });
    await buf.push(await moduleOf(buf, ours("scene"), direct, [`${UPSTREAM}/shapes/circles`]));
    const through = proto("app.v1", "App", { "scene.v1": "Scene" });
    const app = await moduleOf(buf, ours("app"), through, [ours("scene")]);
    await buf.ok(["build"], { cwd: app });
    await buf.push(app);
    // No buf takes modules of two registries in one buf.yaml. Named through this one they are of one.
    const both = proto("both.v1", "Both", { "scene.v1": "Scene", "shapes.circles.v1": "Circle" });
    const folder = await moduleOf(buf, ours("both"), both, [ours("scene"), `${bufHost}/shapes/circles`]);
    await buf.ok(["build"], { cwd: folder });
    await buf.push(folder);
    const names = [ours("scene"), `${bufHost}/shapes/base`, `${bufHost}/shapes/circles`];
    assert.deepEqual(await locked(folder), names.toSorted());
  });
}

test("what cannot be had is refused in words", async (t) => {
  const buf = await user(t);
  await buf.ok(["registry", "organization", "create", `${UPSTREAM}/hidden`]);
  await buf.push(await moduleOf(buf, `${UPSTREAM}/hidden/base`, proto("hidden.v1", "Point")));
  const owner = await buf.organization("up");
  const files = proto("scene.v1", "Scene", { "hidden.v1": "Point" });
  const folder = await moduleOf(buf, `${bufHost}/${owner}/scene`, files, [`${UPSTREAM}/hidden/base`]);
  const refused = await buf.fails(["push", folder, "--create", "--create-visibility", "public"]);
  assert.match(refused, /an administrator of this registry adds hidden to the owners of buf\.build/);
  const changed = await moduleOf(buf, `${bufHost}/shapes/base`, proto("shapes.base.v1", "Other"));
  assert.match(await buf.fails(["push", changed]), /shapes\/base is fetched from buf\.build, and nothing of it is changed here/);
});
