// Pages of real modules: what they weigh, and whether what their files name is found.

import assert from "node:assert/strict";
import { cp, mkdir, readFile } from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";
import { Registry } from "../clients/lib/parts.mjs";
import { ok, run, write } from "../e2e/lib/run.mjs";

// Data that are no part of the repository: scripts/test looks for them.
const DATA = process.env.PROTOEDGE_REFERENCE_DATA;
const skip = DATA === undefined && "PROTOEDGE_REFERENCE_DATA is not set";

/** What nineteen of twenty pages weigh at most, gzipped. */
const HTML = 15 * 1024;

/** How many pages are fetched at once. */
const AT_ONCE = 4;

const modules = skip ? [] : JSON.parse(await readFile(path.join(DATA, "corpus", "modules.json"), "utf8"));

let registry;
before(async () => {
  if (skip) return;
  registry = await Registry.create({ generatorUrl: "http://127.0.0.1:9", vars: {} });
  await registry.startWorker();
  await registry.publishCatalogue();
  const { BUF_HOST: host, ...environment } = registry.environment();
  const home = path.join(registry.folder, "home");
  await mkdir(home);
  const env = { ...environment, HOME: home, XDG_CACHE_HOME: `${home}/cache` };
  for (const { module, deps, commits_oldest_first: commits } of modules) {
    await run("buf", ["registry", "organization", "create", `${host}/${module.split("/")[0]}`], { env });
    const folder = path.join(home, module);
    await cp(path.join(DATA, "parity", "sources", module, commits.at(-1)), folder, { recursive: true });
    const lines = ["version: v2", `name: ${host}/${module}`, ...(deps.length ? ["deps:", ...deps.map((it) => `  - ${host}/${it}`)] : [])];
    await write(folder, { "buf.yaml": `${lines.join("\n")}\n` });
    if (deps.length) await ok("buf", ["dep", "update"], { cwd: folder, env });
    await ok("buf", ["push", "--create", "--create-visibility", "public"], { cwd: folder, env });
  }
});
after(() => registry?.stop({ keep: process.env.KEEP !== undefined }));

async function eachOf(items, act) {
  const rest = [...items];
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    while (rest.length > 0) await act(rest.shift());
  }));
}

/** All pages of a module at its default label. */
async function pagesOf(module) {
  const { files } = await (await fetch(`${registry.url}/${module}/tree/main?format=json`)).json();
  const named = files.map(({ path: name }) => `/${module}/file/main:${name.split("/").map(encodeURIComponent).join("/")}`);
  return ["", "/sdks/main", "/sdks/main:bufbuild/es", "/tree/main", "/deps/main", "/commits/main", "/labels"].map((it) => `/${module}${it}`).concat(named);
}

test("pages of real modules weigh little, and their links lead somewhere", { skip }, async (t) => {
  const weights = [];
  const links = new Set();
  for (const { module } of modules) {
    await eachOf(await pagesOf(module), async (at) => {
      const reply = await fetch(`${registry.url}${at}`);
      assert.equal(reply.status, 200, at);
      const html = await reply.text();
      weights.push([gzipSync(html).length, at]);
      for (const [, href] of html.matchAll(/<a href="(\/[^"]*\/(?:definition|file)\/[^"]*)"/g)) links.add(href.replaceAll("&amp;", "&").split("#")[0]);
    });
  }
  weights.sort(([a], [b]) => a - b);
  const [weight, at] = weights[Math.floor(weights.length * 0.95)];
  t.diagnostic(`${weights.length} pages; nineteen of twenty weigh at most ${weight} bytes (${at}), the heaviest ${weights.at(-1).join(" bytes, ")}`);
  assert.ok(weight <= HTML, `${at}: ${weight} bytes`);
  const dead = [];
  await eachOf(links, async (link) => {
    const reply = await fetch(`${registry.url}${link}`);
    await reply.arrayBuffer();
    if (reply.status !== 200) dead.push(link);
  });
  const definitions = [...links].filter((link) => link.includes("/definition/")).length;
  t.diagnostic(`${links.size} links into files, ${definitions} of them to other modules`);
  assert.deepEqual(dead, []);
});
