// Every npm plugin's packages, in a strict TypeScript program that uses a message, one of a module that
// its module depends on, and a method where the plugin makes some. A line that must not compile stands
// below `@ts-expect-error` in each: types that were lost are found by that.
//
// The same program runs where a package finds nothing but what its package.json names: what a package
// imports without saying so would be found by luck elsewhere.

import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import path from "node:path";
import { before, test } from "node:test";
import { PNPM, TSC, YARN_4, environment, settingsOf } from "../e2e/lib/clients.mjs";
import { get, npmPackage, npmScope } from "../e2e/lib/registry.mjs";
import { fails, ok, scratch, write } from "../e2e/lib/run.mjs";
import { plugins } from "./lib/catalogue.mjs";
import { publish } from "./lib/modules.mjs";
import { BOTH, BUNDLER, PROGRAMS } from "./lib/programs.mjs";

const PRINTS = /^tea 2 12n?$/;

// Not even the project's own dependencies are there for packages that do not name them.
const PNP = "nodeLinker: pnp\npnpFallbackMode: none";

// Half of the time they wait for downloads.
const AT_ONCE = 2;

let buf;
let owner;
let settings;
// One empty folder of caches for all: the runtimes are the same packages.
let env;

before(async (t) => {
  ({ buf, owner } = await publish(t));
  settings = await settingsOf();
  env = environment(await scratch(t));
});

test("every plugin has a program", async () => {
  const used = new Set(PROGRAMS.map(({ plugin }) => plugin.split(":")[0]));
  assert.deepEqual([...used].toSorted(), await plugins("npm"));
});

test("npm packages", { concurrency: AT_ONCE }, async (t) => {
  await Promise.all(PROGRAMS.map((program) => t.test(program.name, (t) => uses(t, program))));
});

async function uses(t, program) {
  const text = await readFile(path.join(import.meta.dirname, "npm", `${program.name}.ts`), "utf8");
  const source = text.replaceAll("@scope/owner", `${npmScope}/${owner}`);
  const sdks = await versions(program, source);
  const dependencies = { ...sdks, ...program.needs };
  const manifest = { name: "types", version: "1.0.0", private: true, type: "module", dependencies };
  const files = { ...settings, "package.json": JSON.stringify(manifest), "main.ts": source };
  const npm = await project(t, files);
  await ok("npm", ["install", "--no-audit", "--no-fund", "--loglevel=error"], npm);
  const modules = await everyModule(npm.cwd, sdks);
  await typed(t, program, npm, modules);
  const main = await readFile(path.join(npm.cwd, "main.js"), "utf8");
  await strict(t, program, { ...files, "main.js": main, "every.mjs": imports("import", modules) });
}

/** What the compiler says in a project that npm installed. */
async function typed(t, program, npm, modules) {
  for (const resolution of program.resolutions) {
    await t.test(`compiles with moduleResolution ${resolution[1]}, and runs`, async () => {
      await ok(...compiler(resolution, "main.ts"), npm);
      assert.match(await ok("node", ["main.js"], npm), PRINTS);
    });
  }

  await t.test("declares every module soundly", async () => {
    assert.ok(modules.length > 3, modules.join(" "));
    await write(npm.cwd, { "every.ts": imports("import type {} from", modules) });
    for (const resolution of BOTH) await ok(...compiler(resolution, "--noEmit", "every.ts"), npm);
  });

  await t.test("fails to compile when it is used wrongly", async () => {
    const source = await readFile(path.join(npm.cwd, "main.ts"), "utf8");
    await write(npm.cwd, { "wrong.ts": source.replaceAll(/.*@ts-expect-error.*\n/g, "") });
    const said = await fails(...compiler(BUNDLER, "--noEmit", "wrong.ts"), npm);
    assert.equal(said.match(/^wrong\.ts\(/gm)?.length, 2, said);
  });
}

/** What is found where packages share nothing. */
async function strict(t, program, files) {
  await t.test("finds all that it needs under pnpm without hoisting", async (t) => {
    const pnpm = await project(t, { ...files, "pnpm-workspace.yaml": "hoist: false\n" });
    await ok(PNPM[0], [PNPM[1], "install", "--no-frozen-lockfile"], pnpm);
    await ok(...compiler(BUNDLER, "--noEmit", "main.ts"), pnpm);
    assert.match(await ok("node", ["main.js"], pnpm), PRINTS);
    await ok("node", ["every.mjs"], pnpm);
  });

  await t.test("finds all that it needs under yarn's Plug'n'Play", async (t) => {
    const extensions = `packageExtensions: ${JSON.stringify(program.extensions ?? {})}\n`;
    const yarnrc = files[".yarnrc.yml"].replace("nodeLinker: node-modules", PNP) + extensions;
    const yarn = await project(t, { ...files, ".yarnrc.yml": yarnrc, "yarn.lock": "" });
    await ok(YARN_4[0], [YARN_4[1], "install"], yarn);
    for (const file of ["main.js", "every.mjs"]) {
      const printed = await ok(YARN_4[0], [YARN_4[1], "node", file], yarn);
      assert.match(printed, file === "main.js" ? PRINTS : /^$/);
    }
  });
}

/** A folder with files, and where the clients keep their caches. */
async function project(t, files) {
  const cwd = await scratch(t);
  await write(cwd, files);
  return { cwd, env };
}

/** The compiler's program and arguments. */
function compiler([module, resolution], ...rest) {
  const flags = `--strict --skipLibCheck false --target es2022 --lib es2022,dom --module ${module}`;
  return [TSC[0], [TSC[1], ...flags.split(" "), "--moduleResolution", resolution, "--types", "", ...rest]];
}

/** The SDKs that a program imports from, at the versions that belong to the plugin's. */
async function versions({ plugin }, source) {
  const [name] = plugin.split(":");
  const own = npmPackage(`${owner}/shop`, name);
  const version = (await buf.sdkVersion(`${owner}/shop`, plugin)).replace(/^v/, "");
  const reply = await get(`/gen/npm/v1/${own.replace("/", "%2f")}/${version}`);
  assert.equal(reply.status, 200, await reply.clone().text());
  const { dependencies } = await reply.json();
  const imported = [...source.matchAll(/from "(@[^/]+\/[^/"]+)\//g)].map(([, it]) => it);
  const others = imported.filter((it) => it.startsWith(`${npmScope}/`) && it !== own);
  for (const other of others) assert.ok(dependencies[other], `${own} does not depend on ${other}`);
  return { [own]: version, ...Object.fromEntries(others.map((it) => [it, dependencies[it]])) };
}

/** Every module of the installed SDKs, as it is imported. */
async function everyModule(cwd, sdks) {
  const found = [];
  for (const sdk of Object.keys(sdks)) {
    const files = await readdir(path.join(cwd, "node_modules", sdk), { recursive: true });
    found.push(...files.filter((file) => file.endsWith(".js")).map((file) => `${sdk}/${file}`));
  }
  return found;
}

function imports(keyword, modules) {
  return modules.map((module) => `${keyword} "${module}";\n`).join("");
}
