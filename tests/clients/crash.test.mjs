// Programs that are killed in the middle of things, as machines do: nobody waits in vain, and nothing is
// half there afterwards.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, test } from "node:test";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { CLIENTS } from "./clients.mjs";
import { Gate } from "./lib/gate.mjs";
import { Registry, freePort } from "./lib/parts.mjs";
import { fetchTools } from "./lib/tools.mjs";

// Long enough to be killed in.
const SECONDS = 6;
const NAMES = ["go 1.27", "npm 12", "pnpm 11", "yarn 1", "yarn 4", "bun", "pip 26", "uv"];

const clients = CLIENTS.filter(({ name }) => NAMES.includes(name));
await fetchTools(clients);
const gate = new Gate();
const publicUrl = await gate.listen();
const generator = await freePort();
const registry = await Registry.create({ publicUrl, generatorUrl: `http://127.0.0.1:${generator}` });
after(async () => {
  await registry.stop({ keep: process.env.KEEP !== undefined });
  gate.close();
});
gate.to(registry.url);
await registry.startWorker();
await registry.publishCatalogue();
await registry.startGenerator(generator, SECONDS);
Object.assign(process.env, registry.environment());
const { oneJob, stampOf } = await import("./lib/matrix.mjs");
const { filesOf, pushAll } = await import("./lib/modules.mjs");
const { project } = await import("./lib/projects.mjs");
const { Buf } = await import("../e2e/lib/buf.mjs");
const { get, goPackage, bufHost } = await import("../e2e/lib/registry.mjs");
const { run, scratch, write } = await import("../e2e/lib/run.mjs");

const isUpload = (method, target) => method === "POST" && target.endsWith("UploadService/Upload");
const isArtifact = (method, target) => method === "PUT" && /\/artifact\/[^/]+$/.test(target);

/** Everybody installs a module of an owner; `{name, project, result}` each. */
async function everybodyInstalls(t, owner) {
  const named = clients.map((client) => ({ client, module: `${owner}/${client.name.replaceAll(/[ .]/g, "-")}` }));
  await pushAll(t, named.map(({ module }) => module));
  return Promise.all(
    named.map(async ({ client, module }) => {
      const at = await project(client, await scratch(t), module);
      return { name: client.name, at, result: at.install(await stampOf(module)) };
    }),
  );
}

/** When a generator has begun with as many jobs. */
async function begun(count) {
  const alive = new Set();
  while (alive.size < count) {
    await gate.trap((method, target) => /\/-\/jobs\/[^/]+\/alive$/.test(target) && alive.add(target), 1, async () => {});
  }
}

async function restartWorker() {
  await registry.killWorker();
  await registry.startWorker();
}

test("a generator that dies in the middle of jobs is replaced, and all who wait succeed", async (t) => {
  const waiting = await everybodyInstalls(t, "dies");
  await begun(clients.length);
  await registry.killGenerator(generator);
  await sleep(1000);
  await registry.startGenerator(generator, SECONDS);
  for (const { name, at, result } of waiting) {
    const { code, said } = await result;
    assert.equal(code, 0, `${name}: ${said}`);
    await oneJob(at.package, "done");
  }
});

// Those that do not ask again long enough when their connection is cut: go never does, bun does for 2 s, which
// is less than the Worker needs here to be back. The next try mends it.
const GIVE_UP = ["go", "bun"];

test("a Worker that dies while an artifact comes in has it afterwards, whole", async (t) => {
  const crashed = gate.trap(isArtifact, 0.5, restartWorker);
  const waiting = await everybodyInstalls(t, "cut");
  await crashed;
  for (const { name, at, result } of waiting) {
    const { code, said } = await result;
    if (code !== 0) {
      assert.ok(GIVE_UP.includes(name.split(" ")[0]), `${name}: ${said}`);
      assert.match(said, /EOF|connection reset|connection refused|ConnectionClosed/, "why");
      t.diagnostic(`${name} gives up, and its next try succeeds`);
      const next = await at.install(await stampOf(at.module));
      assert.equal(next.code, 0, next.said);
    }
    await oneJob(at.package, "done");
    const again = await at.again();
    assert.equal(again.code, 0, `${name}, from its lock file: ${again.said}`);
  }
});

// How much of the request the Worker has when it dies; and then, in shares of what such a push takes.
const DEATHS = [
  { name: "with half of the request", share: 0.5, after: 0 },
  { name: "when it has all of it", share: 1, after: 0 },
  { name: "a third of the way", share: 1, after: 0.33 },
  { name: "two thirds of the way", share: 1, after: 0.66 },
  { name: "near the end", share: 1, after: 0.9 },
  { name: "about at the end", share: 1, after: 1.1 },
  { name: "with its reply on the way", atReply: true, after: 0 },
];

/** What the labels named when their push had been repeated, and since when. */
const settled = { heads: new Map(), at: 0 };

for (const [at, death] of DEATHS.entries()) {
  test(`a Worker that dies during a push, ${death.name}: the next push makes it whole`, async (t) => {
    const buf = await Buf.create(t);
    const modules = ["base", "user"].map((name) => `push-${at}/${name}`);
    const heads = () => Promise.all(modules.map((module) => buf.resolve(module)));
    const usual = gate.time(isUpload);
    await pushAll(t, modules);
    const folder = await changedWorkspace(buf, modules);
    const before = await heads();

    const wait = death.after * (await usual);
    const crash = async () => {
      await sleep(wait);
      await restartWorker();
    };
    const crashed = death.atReply ? gate.trapReply(isUpload, crash) : gate.trap(isUpload, death.share, crash);
    const { code } = await run("buf", ["push"], { cwd: folder, env: buf.env });
    await crashed;
    const moved = (await heads()).filter((id, n) => id !== before[n]).length;
    t.diagnostic(`killed after ${Math.round(wait)} ms: buf push exits ${code}; labels that moved: ${moved} of 2`);
    if (code === 0 || death.atReply) assert.equal(moved, modules.length, "what was accepted is not lost");
    for (const module of modules) await servesItsHead(module);

    await buf.ok(["push"], { cwd: folder });
    for (const [n, head] of (await heads()).entries()) {
      assert.notEqual(head, before[n], `${modules[n]} has moved`);
      await holdsTheChange(buf, modules[n]);
      settled.heads.set(modules[n], head);
    }
    settled.at = Date.now();
  });
}

// The scheduled handler looks at pushes that are older than a minute, and runs every 5 s here.
const SWEPT_MS = 70_000;

test("what a dead push left behind changes nothing later", async (t) => {
  await sleep(Math.max(0, settled.at + SWEPT_MS - Date.now()));
  const buf = await Buf.create(t);
  for (const [module, head] of settled.heads) assert.equal(await buf.resolve(module), head, module);
});

/** The same modules with other files. */
async function changedWorkspace(buf, modules) {
  const folder = path.join(buf.home, "changed");
  const lines = modules.map((module) => `  - path: ${module}\n    name: ${bufHost}/${module}\n`);
  const files = { "buf.yaml": `version: v2\nmodules:\n${lines.join("")}` };
  for (const module of modules) {
    for (const [name, text] of Object.entries(filesOf(module, "changed"))) files[`${module}/${name}`] = text;
  }
  await write(folder, files);
  return folder;
}

async function holdsTheChange(buf, module) {
  const exported = path.join(buf.home, module);
  await buf.ok(["export", `${bufHost}/${module}`, "--output", exported]);
  const [file] = Object.keys(filesOf(module));
  assert.match(await readFile(path.join(exported, file), "utf8"), /string changed = 1/, module);
}

/** Whatever the head is, it has a version and go.mod, and its sources are all there. */
async function servesItsHead(module) {
  const packageName = goPackage(module, "protocolbuffers/go");
  const info = await (await get(`/gen/go/${packageName}/@latest`)).json();
  const manifest = await get(`/gen/go/${packageName}/@v/${info.Version}.mod`);
  assert.equal(manifest.status, 200, await manifest.text());
}
