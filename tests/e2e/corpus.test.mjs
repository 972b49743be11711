// Real modules: pushed with their dependencies, their SDKs generated and compiled.

import { cp, readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { before, test } from "node:test";
import { Buf } from "./lib/buf.mjs";
import { Go } from "./lib/go.mjs";
import { Npm } from "./lib/npm.mjs";
import { bufHost, goPackage, npmPackage } from "./lib/registry.mjs";
import { run, scratch } from "./lib/run.mjs";

// Data that are no part of the repository: scripts/test looks for them.
const DATA = process.env.PROTOEDGE_REFERENCE_DATA;

const modules = DATA && JSON.parse(await readFile(path.join(DATA, "corpus", "modules.json"), "utf8"));

// The runtime libraries are the same for all.
let cache;

before(async (t) => {
  cache = await scratch(t);
});

if (!modules) {
  test("the corpus of real modules", { skip: "PROTOEDGE_REFERENCE_DATA is not set" }, () => {});
} else {
  for (const { module, deps, commits_oldest_first: commits } of modules) {
    test(`${module}`, async (t) => {
      const sources = path.join(DATA, "parity", "sources", module, commits.at(-1));
      await push(t, module, deps, sources);
      await t.test("Go messages", () => compiles(t, goPackage(module, "protocolbuffers/go")));
      if (await hasService(sources)) {
        await t.test("Go services", () => compiles(t, goPackage(module, "connectrpc/go")));
      }
      await t.test("JavaScript", async () => {
        const npm = await Npm.create(t);
        await npm.ok("install", npmPackage(module, "bufbuild/es"));
      });
    });
  }
}

/** The newest commit; dependencies come earlier in the list. */
async function push(t, module, deps, sources) {
  const buf = await Buf.create(t);
  // Another run may have made it.
  await run("buf", ["registry", "organization", "create", `${bufHost}/${module.split("/")[0]}`], {
    env: buf.env,
  });
  const folder = path.join(buf.home, "module");
  await cp(sources, folder, { recursive: true });
  await buf.configure(folder, module, deps);
  await buf.push(folder);
}

async function compiles(t, packageName) {
  const go = await Go.create(t, cache);
  await go.ok("get", `${packageName}/...`);
  await go.ok("build", `${packageName}/...`);
}

async function hasService(folder) {
  const files = await readdir(folder, { recursive: true });
  for (const file of files.filter((name) => name.endsWith(".proto"))) {
    if (/^service /m.test(await readFile(path.join(folder, file), "utf8"))) return true;
  }
  return false;
}
