// Behind a cache that collapses requests for one URL, waiting clients must not wait for each other, and
// what never changes must not be asked of the registry again.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, test } from "node:test";
import { CLIENTS } from "./clients.mjs";
import { Nginx } from "./lib/nginx.mjs";
import { Registry, freePort } from "./lib/parts.mjs";
import { fetchTools } from "./lib/tools.mjs";

// Longer than the cache's own patience with the request that it let through (5 s).
const SECONDS = 12;
const READERS = 16;

const skip = await Nginx.missing();
const clients = CLIENTS.filter(({ name }) => ["go 1.22", "go 1.27", "npm 12", "yarn 1"].includes(name));
let nginx;
let registry;
let lib;

if (!skip) {
  await fetchTools(clients);
  nginx = await Nginx.create();
  const port = await freePort();
  const generatorUrl = `http://127.0.0.1:${port}`;
  registry = await Registry.create({ publicUrl: nginx.url, generatorUrl });
  after(async () => {
    await registry.stop({ keep: process.env.KEEP !== undefined });
    await nginx.stop();
  });
  await registry.startWorker();
  await nginx.start(registry.url);
  await registry.publishCatalogue();
  await registry.startGenerator(port, SECONDS);
  Object.assign(process.env, registry.environment());
  const files = ["matrix", "modules", "private_paths", "projects"].map((name) => `./lib/${name}`);
  files.push("../e2e/lib/registry", "../e2e/lib/run");
  lib = Object.assign({}, ...(await Promise.all(files.map((file) => import(`${file}.mjs`)))));
}

test("twenty who wait for one SDK get it, by one job", { skip }, async (t) => {
  const module = "cached/waiting";
  await lib.pushAll(t, [module]);
  const goClients = clients.filter(({ kind }) => kind === "go");
  const stamp = await lib.stampOf(module);
  const packageName = lib.goPackage(module, "protocolbuffers/go");
  // Version of the client whose plugin is older, so that all of them want the same artifact.
  const version = `v1.36.6-${stamp}.1`;
  const target = `/gen/go/${packageName}/@v/${version}.zip`;

  const twice = [...goClients, ...goClients];
  const projects = await Promise.all(twice.map((client) => projectOf(t, client, module)));
  const commands = projects.map((project) => project.call(["get", `${packageName}@${version}`]));
  const readers = Array.from({ length: READERS }, async () => {
    const reply = await lib.get(target);
    const bytes = Buffer.from(await reply.arrayBuffer());
    return `${reply.status} ${createHash("sha256").update(bytes).digest("hex")}`;
  });
  for (const { code, said } of await Promise.all(commands)) assert.equal(code, 0, said);
  const replies = new Set(await Promise.all(readers));
  assert.equal(replies.size, 1, [...replies].join("\n"));
  assert.match([...replies][0], /^200 /);
  await lib.oneJob(packageName, "done");

  // All of them got it at URLs of their own, which no cache may keep. The next one fills the cache, and
  // from then on nobody's machine reaches the Worker.
  for (const zip of ["MISS", "HIT"]) {
    const before = await nginx.requests();
    const again = await projects[0].again();
    assert.equal(again.code, 0, again.said);
    const asked = (await nginx.requests()).slice(before.length).filter(({ path }) => path.includes(module));
    const kinds = asked.map(({ path, cache, status }) => `${path.split(".").at(-1)} ${cache} ${status}`);
    assert.deepEqual(kinds.toSorted(), ["info HIT 200", "mod HIT 200", `zip ${zip} 200`]);
  }
});

for (const client of clients.filter(({ kind }) => kind !== "go")) {
  test(`${client.name} waits, and the next machine's tarball is the cache's`, { skip }, async (t) => {
    const module = `${client.kind.replace(" ", "-")}/waiting`;
    await lib.pushAll(t, [module]);
    const project = await projectOf(t, client, module);
    const installed = await project.install();
    assert.equal(installed.code, 0, installed.said);
    await lib.oneJob(project.package, "done");

    const before = await nginx.requests();
    const again = await project.again();
    assert.equal(again.code, 0, again.said);
    const name = encodeURIComponent(project.package.split("/")[1]);
    const asked = (await nginx.requests()).slice(before.length).filter(({ path }) => path.includes(name));
    const tarballs = asked.filter(({ path }) => path.endsWith(".tgz"));
    assert.deepEqual(tarballs.map(({ cache, upstream, status }) => [cache, upstream, status]), [["HIT", "-", 200]]);
    assert.deepEqual(asked, tarballs, "a lock file asks for nothing else");
  });
}

// Keys of operators who think that what a registry serves is everybody's; none of them knows of credentials.
const CAREFREE = [
  { name: "by path", key: "$uri" },
  { name: "by path, which keeps whatever it may", key: "$uri", valid: "any 10m" },
];

for (const { name, ...settings } of CAREFREE) {
  test(`nothing private comes out of a cache ${name}`, { skip }, async (t) => {
    const cache = await Nginx.create(settings);
    t.after(() => cache.stop());
    await cache.start(registry.url);
    const world = await privateWorld(t, `carefree-${settings.valid ? "more" : "less"}`);
    const [first, later] = world.modules;
    await passes(cache, world, first, ["member", "nobody", "stranger", "ended", "member"]);
    await passes(cache, world, later, ["nobody", "stranger", "ended", "member", "nobody"]);
    assert.deepEqual((await cache.requests()).filter((request) => request.cache === "HIT"), []);
    // It is a cache all the same.
    for (const came of ["MISS", "HIT"]) {
      await lib.get(new URL(world.zip, cache.url));
      assert.equal((await cache.requests()).at(-1).cache, came);
    }
  });
}

/** Two private modules whose packages are made, with who may read them and who not; and a public one's zip. */
async function privateWorld(t, owner) {
  const end = new Date(Date.now() + 3000);
  const [member, ended] = [await lib.tokenFor("alice"), await lib.tokenFor("alice", end)];
  const tokens = { member, ended, stranger: await lib.tokenFor("mallory") };
  const modules = ["first", "later"].map((name) => `${owner}/${name}`);
  await lib.pushAll(t, modules, { token: member, visibility: "private" });
  await lib.pushAll(t, [`${owner}-open/module`]);
  const of = async (module) => [module, await lib.pathsOf(module, member)];
  const [[, open], ...closed] = await Promise.all([`${owner}-open/module`, ...modules].map(of));
  // Takes longer than the short token is good.
  await lib.makeAll([open, ...closed.map(([, paths]) => paths)].flat(), member);
  return { tokens, modules, paths: new Map(closed), zip: open.find((target) => target.endsWith(".zip")) };
}

/** At every path of a module, one caller after the other: each gets through the cache what the registry says. */
async function passes(cache, { tokens, paths }, module, callers) {
  const name = module.split("/")[1];
  // As long, and nobody pushed it.
  const missing = (text) => text.replaceAll(name, "empty");
  const at = (server, target, caller, of) => lib.seenAt(server, target, tokens[caller], of);
  for (const target of [...paths.get(module), lib.pageOf(module)]) {
    const isPage = target.endsWith("?go-get=1");
    for (const [place, caller] of callers.entries()) {
      const seen = await at(cache.url, target, caller, module);
      const what = `${caller}, ${place}: ${target}`;
      assert.equal(seen.status, isPage ? 200 : { member: 200, ended: 401 }[caller] ?? 404, what);
      const [of, url] = caller === "member" ? [module, target] : [missing(module), missing(target)];
      assert.deepEqual(seen, await at(registry.url, url, caller, of), what);
    }
  }
}

async function projectOf(t, client, module) {
  return lib.project(client, await lib.scratch(t), module);
}
