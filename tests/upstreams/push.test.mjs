// Modules that depend on another registry's: the stock buf pushes them, and what their users install keeps that registry's names.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import path from "node:path";
import { Registry, freePort } from "../clients/lib/parts.mjs";
import { HostProxy } from "./lib/proxy.mjs";

const UPSTREAM = "buf.build";
const UPSTREAM_NPM_SCOPE = "@buf";

const upstream = await Registry.create({
  publicUrl: `http://${UPSTREAM}`,
  generatorUrl: "http://127.0.0.1:9",
  vars: { REGISTRY_HOST: UPSTREAM, NPM_SCOPE: UPSTREAM_NPM_SCOPE },
});
const generator = await freePort();
const owners = ["shapes"];
const registry = await Registry.create({
  generatorUrl: `http://127.0.0.1:${generator}`,
  vars: { UPSTREAMS: JSON.stringify([{ host: UPSTREAM, npm_scope: UPSTREAM_NPM_SCOPE, url: upstream.url, owners }]) },
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
process.env.HTTP_PROXY = proxy.url;
process.env.BUF_TOKEN = [registry, upstream].map((it) => it.environment().BUF_TOKEN).join(",");
const { Buf } = await import("../e2e/lib/buf.mjs");
const { Go } = await import("../e2e/lib/go.mjs");
const { get, goPackage, bufHost } = await import("../e2e/lib/registry.mjs");
const { write } = await import("../e2e/lib/run.mjs");

const GO = "protocolbuffers/go";

/** Writes a module's folder with its dependencies, each with its registry's host. */
async function moduleOf(buf, name, files, deps = []) {
  const folder = path.join(buf.home, "modules", name.replaceAll("/", "-"));
  const lines = ["version: v2", `name: ${name}`, ...(deps.length > 0 ? ["deps:", ...deps.map((dep) => `  - ${dep}`)] : [])];
  await write(folder, { ...files, "buf.yaml": `${lines.join("\n")}\n` });
  if (deps.length > 0) await buf.ok(["dep", "update"], { cwd: folder });
  return folder;
}

const proto = (name, body, imports = []) =>
  ["syntax = \"proto3\";", `package ${name};`, ...imports.map((it) => `import "${it}";`), body, ""].join("\n");

test("a module that depends on another registry's is pushed, and installed under that registry's names", async (t) => {
  const buf = await Buf.create(t);
  await buf.ok(["registry", "organization", "create", `${UPSTREAM}/shapes`]);
  const base = await moduleOf(buf, `${UPSTREAM}/shapes/base`, { "shapes/base/v1/base.proto": proto("shapes.base.v1", "message Point { int32 x = 1; }") });
  const baseCommit = await buf.push(base);
  const circles = await moduleOf(
    buf,
    `${UPSTREAM}/shapes/circles`,
    { "shapes/circles/v1/circles.proto": proto("shapes.circles.v1", "message Circle { shapes.base.v1.Point at = 1; }", ["shapes/base/v1/base.proto"]) },
    [`${UPSTREAM}/shapes/base`],
  );
  const circlesCommit = await buf.push(circles);
  await buf.ok(["registry", "organization", "create", `${bufHost}/acme`]);
  const scene = await moduleOf(
    buf,
    `${bufHost}/acme/scene`,
    { "acme/scene/v1/scene.proto": proto("acme.scene.v1", "message Scene { shapes.circles.v1.Circle circle = 1; }", ["shapes/circles/v1/circles.proto"]) },
    [`${UPSTREAM}/shapes/circles`],
  );
  await buf.push(scene);
  const other = await Buf.create(t);
  const app = await moduleOf(
    other,
    `${bufHost}/acme/app`,
    { "acme/app/v1/app.proto": proto("acme.app.v1", "message App { acme.scene.v1.Scene scene = 1; }", ["acme/scene/v1/scene.proto"]) },
    [`${bufHost}/acme/scene`],
  );
  await other.ok(["build"], { cwd: app });
  await other.push(app);
  const go = await Go.create(t);
  const version = await go.version(goPackage("acme/app", GO), "latest");
  const mod = await (await get(`/gen/go/${goPackage("acme/app", GO)}/@v/${version}.mod`)).text();
  assert.match(mod, new RegExp(`${UPSTREAM}/gen/go/shapes/base/${GO} v.*-${baseCommit.slice(0, 12)}\\.`));
  assert.match(mod, new RegExp(`${UPSTREAM}/gen/go/shapes/circles/${GO} v.*-${circlesCommit.slice(0, 12)}\\.`));
  await go.write({
    "main.go": `package main

import (
	"fmt"

	app "${goPackage("acme/app", GO)}/acme/app/v1"
	scene "${goPackage("acme/scene", GO)}/acme/scene/v1"
	base "${UPSTREAM}/gen/go/shapes/base/${GO}/shapes/base/v1"
	circles "${UPSTREAM}/gen/go/shapes/circles/${GO}/shapes/circles/v1"
)

func main() {
	it := &app.App{Scene: &scene.Scene{Circle: &circles.Circle{At: &base.Point{X: 7}}}}
	fmt.Println(it.GetScene().GetCircle().GetAt().GetX())
}
`,
  });
  go.env.GONOSUMDB += `,${UPSTREAM}/gen/go`;
  go.env.GOFLAGS += " -mod=mod";
  await go.ok("get", `${goPackage("acme/app", GO)}@${version}`);
  await go.ok("mod", "tidy");
  assert.equal(await go.ok("run", "."), "7");
});
