// Real SDKs of the public registry, served at the names and versions that they have there, of sources fetched from a registry that has
// these under their real ids and times: the go command holds every byte against the public hashes.

import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import { after, test } from "node:test";
import path from "node:path";
import { Registry, freePort } from "../clients/lib/parts.mjs";
import { FakeRegistry } from "./lib/fake.mjs";
import { HostProxy } from "./lib/proxy.mjs";

// Data that are no part of the repository: scripts/test looks for them.
const DATA = process.env.PROTOEDGE_REFERENCE_DATA;
const cases = DATA && JSON.parse(await readFile(path.join(DATA, "parity", "cases.json"), "utf8"));

// The commit that this version's SDK is of.
const PROTOVALIDATE = { owner: "bufbuild", name: "protovalidate", commit12: "6c6e0d3c608e", time: "20250717185734" };

if (!cases) test("real SDKs of the public registry", { skip: "PROTOEDGE_REFERENCE_DATA is not set" }, () => {});
else await compare();

async function compare() {
  const fake = await FakeRegistry.listen();
  const generator = await freePort();
  const upstreams = [{ host: "buf.build", npm_scope: "@buf", url: fake.url, owners: ["*"] }];
  const registry = await Registry.create({
    generatorUrl: `http://127.0.0.1:${generator}`,
    vars: { UPSTREAMS: JSON.stringify(upstreams) },
  });
  after(async () => {
    await registry.stop({ keep: process.env.KEEP !== undefined });
    fake.close();
  });
  await registry.startWorker();
  await registry.publishCatalogue();
  await registry.startGenerator(generator);
  Object.assign(process.env, registry.environment());
  const { Buf } = await import("../e2e/lib/buf.mjs");
  const { Go } = await import("../e2e/lib/go.mjs");
  const { adminToken, bufHost, fresh, goPackage, url } = await import("../e2e/lib/registry.mjs");

  const { write } = await import("../e2e/lib/run.mjs");

  /** Pushes a module that depends on these commits of the other registry. */
  async function pushDependent(t, ids) {
    const buf = await Buf.create(t);
    const owner = await buf.organization("parity");
    const module = `${owner}/${fresh("m")}`;
    await buf.ok(["registry", "module", "create", `${bufHost}/${module}`, "--visibility", "public"]);
    const [, name] = module.split("/");
    const content = Buffer.from('syntax = "proto3";\npackage m;\n').toString("base64");
    const body = {
      contents: [{ moduleRef: { name: { owner, module: name } }, files: [{ path: "m.proto", content }] }],
      depRefs: ids.map((commitId) => ({ commitId, registry: "buf.build" })),
    };
    const reply = await fetch(`${url}/buf.registry.module.v1beta1.UploadService/Upload`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${adminToken}` },
      body: JSON.stringify(body),
    });
    assert.equal(reply.status, 200, await reply.text());
  }

  test("a module that depends on protovalidate's runs beside the runtime that everybody has", async (t) => {
    const id = await add(fake, PROTOVALIDATE, []);
    const proxy = await HostProxy.listen("buf.build", fake.url);
    t.after(() => proxy.close());
    const buf = await Buf.create(t);
    buf.env.HTTP_PROXY = proxy.url;
    const owner = await buf.organization("parity");
    const module = `${owner}/users`;
    const folder = path.join(buf.home, "users");
    const rule = 'string email = 1 [(buf.validate.field).string.email = true];';
    const text = `syntax = "proto3";\npackage users.v1;\nimport "buf/validate/validate.proto";\nmessage User { ${rule} }\n`;
    const deps = `deps:\n  - buf.build/bufbuild/protovalidate:${id}\n`;
    await write(folder, { "buf.yaml": `version: v2\nname: ${bufHost}/${module}\n${deps}`, "users/v1/users.proto": text });
    await buf.ok(["dep", "update"], { cwd: folder });
    await buf.push(folder);
    const go = await Go.create(t);
    const users = goPackage(module, "protocolbuffers/go");
    const imports = [`"fmt"`, `"buf.build/go/protovalidate"`, `users "${users}/users/v1"`];
    const main = `func main() {\n\tfmt.Println(protovalidate.Validate(&users.User{Email: "nobody"}))\n}\n`;
    await go.write({ "main.go": `package main\n\nimport (\n${imports.map((it) => `\t${it}\n`).join("")})\n\n${main}` });
    const own = process.env.UPSTREAM_GOPROXY;
    go.env.GOPROXY = `${url}/gen/go,${own}`;
    // A version of the plugin that the checksum database knows of that commit.
    const plugin = "protocolbuffers/go:v1.36.11";
    const version = await buf.sdkVersion(module, plugin);
    await go.ok("get", `${users}@${version}`, "buf.build/go/protovalidate@v1.0.0");
    await go.ok("mod", "tidy");
    assert.match(await go.ok("run", "."), /email: value must be a valid email address/);
    // It is served here, and the checksum database agrees.
    const name = "buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go";
    const { Version } = JSON.parse(await go.ok("list", "-m", "-json", name));
    const served = await fetch(`${url}/gen/go/${name}/@v/${Version}.mod`);
    assert.equal(served.status, 200, Version);
  });

  for (const parity of cases) {
    test(parity.name, async (t) => {
      const ids = [];
      for (const dep of parity.deps) ids.push(await add(fake, dep, []));
      const own = await add(fake, parity.module, ids);
      await pushDependent(t, [own, ...ids]);
      const go = await Go.create(t);
      // Neither a checksum database nor another proxy: what is not served here is missing.
      go.env.GOPROXY = `${url}/gen/go`;
      go.env.GONOSUMDB = "*";
      const { go_package: name, version } = parity;
      await go.write({
        "go.mod": `module example.com/parity\n\ngo 1.24\n\nrequire ${name} ${version}\n`,
        "go.sum": `${name} ${version} ${parity.zip_h1}\n${name} ${version}/go.mod ${parity.go_mod_h1}\n`,
      });
      const { Sum, GoModSum } = JSON.parse(await go.ok("mod", "download", "-json", `${name}@${version}`));
      assert.deepEqual({ Sum, GoModSum }, { Sum: parity.zip_h1, GoModSum: parity.go_mod_h1 });
    });
  }
}

/** Gives the fake registry a commit of the reference data; gives its id. */
async function add(fake, { owner, name, commit12, time }, closure) {
  const folder = path.join(DATA, "parity", "sources", owner, name, commit12);
  const files = {};
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = path.join(entry.parentPath, entry.name);
    files[path.relative(folder, file)] = await readFile(file);
  }
  const id = commit12.padEnd(32, "0");
  const [, year, month, day, hour, minute, second] = /(....)(..)(..)(..)(..)(..)/.exec(time);
  const seconds = Number(year) === 0 ? 0 : Date.UTC(year, month - 1, day, hour, minute, second) / 1000;
  fake.add({ id, module: `${owner}/${name}`, seconds, closure, files });
  return id;
}
