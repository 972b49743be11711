// The lines on pages, run as they stand there: by somebody whose machine knows nothing of the registry.

import assert from "node:assert/strict";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";
import { launch, person } from "../browser/lib/browser.mjs";
import { CLIENTS } from "../clients/clients.mjs";
import { fetchTools, program, usualIndex } from "../clients/lib/tools.mjs";
import { ok, run, scratch, write } from "../e2e/lib/run.mjs";
import { scene } from "./lib/scene.mjs";

/** Which client each package manager of a page is, and what it is called in a shell. */
const PROGRAMS = {
  npm: ["npm 12", "npm"],
  pnpm: ["pnpm 12", "pnpm"],
  yarn: ["yarn 4", "yarn"],
  "yarn-1": ["yarn 1", "yarn"],
  bun: ["bun", "bun"],
  deno: ["deno", "deno"],
};

/** The same of Python's, but pip, which comes with the environment. */
const PYTHONS = { pip: undefined, uv: "uv", poetry: "poetry", pdm: "pdm" };

let made;
let browser;
let settings;
before(async () => {
  made = await scene();
  browser = await launch();
  const wanted = [...Object.values(PROGRAMS).map(([client]) => client), ...Object.values(PYTHONS)];
  await fetchTools(CLIENTS.filter(({ name }) => wanted.includes(name)));
  ({ settingsOf: settings } = await import("../e2e/lib/clients.mjs"));
});
after(async () => {
  await browser?.close();
  await made?.registry.stop({ keep: process.env.KEEP !== undefined });
});
const url = () => made.registry.url;

async function json(at) {
  const reply = await fetch(`${url()}${at}${at.includes("?") ? "&" : "?"}format=json`);
  assert.equal(reply.status, 200, at);
  return reply.json();
}

/** A shell in an empty folder of somebody who has set nothing: the lines of a page are given to it as they are. */
async function shell(t, environment = {}) {
  const home = await scratch(t);
  const cwd = path.join(home, "project");
  await mkdir(path.join(home, "bin"), { recursive: true });
  await mkdir(cwd);
  const env = {
    HOME: home,
    XDG_CACHE_HOME: path.join(home, "cache"),
    XDG_CONFIG_HOME: path.join(home, "config"),
    XDG_DATA_HOME: path.join(home, "data"),
    PATH: `${home}/bin:${process.env.PATH}`,
    ...environment,
  };
  return { home, cwd, env, run: (lines) => ok("sh", ["-ec", lines], { cwd, env }) };
}

test("go sets itself up, installs and builds by the lines of the page", async (t) => {
  // Whatever a test of another registry has set is another user's.
  const none = { GOPROXY: "", GONOSUMDB: "", GOFLAGS: "-modcacherw", GOWORK: "off" };
  const { home, cwd, env, run: shellRun } = await shell(t, none);
  await shellRun(`go env -w GOPROXY=${process.env.UPSTREAM_GOPROXY}`);
  for (const at of ["/acme/weather/sdks/main:protocolbuffers/go", "/acme/weather/sdks/main:connectrpc/go", "/acme/weather/sdks/feature%2Fx:protocolbuffers/go"]) {
    const { sdk } = await json(at);
    const [manager] = sdk.managers;
    await write(cwd, { "go.mod": "module example.com/lines\n\ngo 1.26\n" });
    await shellRun(`${manager.setup}\n${manager.install}`);
    const imported = sdk.import ?? (await json(at)).sdk.import;
    await write(cwd, { "main.go": `package main\n\n${imported.replace(/^import (\w+ )?/, "import _ ")}\n\nfunc main() {}\n` });
    await shellRun("go run .");
    assert.match(await readFile(path.join(cwd, "go.mod"), "utf8"), new RegExp(`${sdk.package} ${sdk.version.replaceAll(".", "\\.")}`), at);
  }
  assert.match(await ok("go", ["env", "GONOSUMDB"], { cwd, env }), /(^|,)protoedge\.localhost$/, home);
});

for (const [name, [client, command]] of Object.entries(PROGRAMS)) {
  test(`${name} sets itself up, installs and runs by the lines of the page`, async (t) => {
    const { home, cwd, run: shellRun } = await shell(t, { CI: "1", YARN_ENABLE_IMMUTABLE_INSTALLS: "false" });
    const [file, ...first] = program(CLIENTS.find((it) => it.name === client));
    const shim = path.join(home, "bin", command);
    await writeFile(shim, `#!/bin/sh\nexec ${[file, ...first].map((it) => `'${it}'`).join(" ")} "$@"\n`);
    await chmod(shim, 0o755);
    // Where everything else comes from, as on any machine here.
    const { ".npmrc": npmrc, ".yarnrc.yml": yarnrc, "package.json": manifest } = await settings();
    const others = (text) => text.split("\n").filter((line) => !/protoedge/.test(line)).join("\n");
    await write(cwd, { ".npmrc": others(npmrc), "package.json": manifest });
    if (name === "yarn") await write(cwd, { ".yarnrc.yml": others(yarnrc), "yarn.lock": "" });
    for (const at of ["/acme/weather/sdks/main:bufbuild/es", `/acme/weather/sdks/${made.commits.feature.slice(0, 12)}:bufbuild/es`]) {
      const { sdk } = await json(`${at}?pm=${name}`);
      assert.equal(sdk.manager, name);
      const manager = sdk.managers.find((it) => it.name === name);
      await shellRun(`${manager.setup}\n${manager.install}`);
      await write(cwd, { "main.mjs": `${sdk.import}\nconsole.log("has", Object.keys(${/\* as (\w+)/.exec(sdk.import)[1]}).length);\n` });
      const start = { bun: "bun main.mjs", deno: "deno run --allow-all main.mjs" }[name] ?? "node main.mjs";
      assert.match(await shellRun(start), /has [1-9]/, at);
    }
  });
}

for (const [name, client] of Object.entries(PYTHONS)) {
  test(`${name} sets itself up, installs and runs by the lines of the page`, async (t) => {
    const { home, cwd, env, run: shellRun } = await shell(t, { UV_PYTHON_DOWNLOADS: "never", POETRY_VIRTUALENVS_IN_PROJECT: "true", PDM_CHECK_UPDATE: "0" });
    if (client === undefined) {
      await ok("python3", ["-m", "venv", path.join(cwd, ".venv")], { env });
      env.PATH = `${cwd}/.venv/bin:${env.PATH}`;
    } else {
      const shim = path.join(home, "bin", name);
      await writeFile(shim, `#!/bin/sh\nexec '${program(CLIENTS.find((it) => it.name === client))[0]}' "$@"\n`);
      await chmod(shim, 0o755);
    }
    let pyproject = '[project]\nname = "lines"\nversion = "1.0.0"\nrequires-python = ">=3.11"\ndependencies = []\n';
    if (name === "poetry") {
      // Where everything else comes from, as on any machine here.
      const others = await usualIndex();
      pyproject += `\n[tool.poetry]\npackage-mode = false\n\n[[tool.poetry.source]]\nname = "others"\nurl = "${others}"\npriority = "primary"\n`;
    }
    await write(cwd, { "pyproject.toml": pyproject });
    const at = "/acme/weather/sdks/main:protocolbuffers/python";
    const { sdk } = await json(at);
    const manager = sdk.managers.find((it) => it.name === name);
    await shellRun(`${manager.setup}\n${manager.install}`);
    const imported = sdk.import ?? (await json(at)).sdk.import;
    const [, module] = /import (\w+)$/.exec(imported);
    await write(cwd, { "main.py": `${imported}\nprint("has", len(${module}.DESCRIPTOR.message_types_by_name))\n` });
    assert.match(await ok(path.join(cwd, ".venv", "bin", "python"), ["main.py"], { cwd, env }), /has [1-9]/);
  });
}

test("from the first page to a copied line for each language it is two clicks", async (t) => {
  const page = await person(browser, t, { of: url() });
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"], { origin: url() });
  for (const [language, line] of [
    ["Go", /^go get protoedge\.localhost\/gen\/go\/acme\/weather\/protocolbuffers\/go\/\.\.\.@latest$/],
    ["JavaScript and TypeScript", /^npm install @protoedge\/acme_weather\.bufbuild_es@latest$/],
    ["Python", /^pip install acme-weather-protocolbuffers-python$/],
  ]) {
    await page.goto(`${url()}/`);
    await page.getByRole("link", { name: "acme/weather", exact: true }).click();
    await page.getByRole("button", { name: `Copy the line for ${language}`, exact: true }).click();
    await page.getByText("Copied").first().waitFor();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    assert.match(copied, line);
    // It is the line of the page that has all of them, which is run above.
    const readme = await json("/acme/weather");
    assert.ok(readme.at.installs.some((it) => it.manager.install === copied));
  }
  assert.deepEqual(page.said, []);
});

test("the lines of archives", async (t) => {
  const { sdk } = await json("/acme/weather/sdks/main:protocolbuffers/ruby");
  assert.equal(sdk.plugin, "protocolbuffers/ruby+archive");
  const { cwd, run: shellRun } = await shell(t);
  for (const { name, setup, install } of sdk.managers) {
    await shellRun(`${setup}\n${install}`);
    const wanted = name === "tar" ? "gen/acme/weather/v1/weather_pb.rb" : "gen/archive.zip";
    await ok("test", ["-s", wanted], { cwd });
  }
  const { sections } = await json("/-/guide/archive");
  const [folder, unpack] = sections.flatMap(({ blocks }) => blocks).flatMap((block) => (block.commands ? [block.commands] : []));
  const [tar] = sdk.managers;
  assert.equal(folder, tar.setup);
  assert.equal(unpack.replace("OWNER/MODULE", "acme/weather").replace("/latest.", "/main."), tar.install.replace("/latest.", "/main."));
});

test("the guide's lines set up as the page's do, and push", async (t) => {
  const commands = async (chapter) => {
    const { sections } = await json(`/-/guide/${chapter}`);
    return sections.flatMap(({ blocks }) => blocks).flatMap((block) => (block.commands ? [block.commands] : []));
  };
  const { sdk: go } = await json("/acme/weather/sdks/main:protocolbuffers/go");
  assert.equal((await commands("go"))[0], go.managers[0].setup);
  const { sdk: npm } = await json("/acme/weather/sdks/main:bufbuild/es");
  const guided = await json("/-/guide/npm");
  const lines = guided.sections.flatMap(({ blocks }) => blocks.flatMap((block) => (block.file ? [block.file.lines] : [])));
  assert.equal(npm.managers[0].setup, `echo "${lines[0]}" >> .npmrc`);
  assert.equal((await commands("npm"))[0], npm.managers.find(({ name }) => name === "yarn").setup);
  const { sdk: python } = await json("/acme/weather/sdks/main:protocolbuffers/python");
  assert.equal((await commands("python"))[0], python.managers[0].setup);
  // A browser takes part in the first line; tests/sign-in does it.
  const { home, cwd, run: shellRun } = await shell(t, { BUF_CONFIG_DIR: process.env.BUF_CONFIG_DIR, BUF_TOKEN: process.env.BUF_TOKEN });
  const [login, organization, push] = await commands("buf");
  assert.match(login, /^buf registry login /);
  const files = { "guided/weather/v1/weather.proto": 'syntax = "proto3";\n\npackage guided.weather.v1;\n\nmessage Weather {}\n' };
  await write(cwd, files);
  const printed = await shellRun(`${organization}\n${push}`.replaceAll("acme", "guided"));
  assert.match(printed, /guided\/weather:[0-9a-f]{32}/, home);
  const { code } = await run("sh", ["-ec", "buf build"], { cwd });
  assert.equal(code, 0);
});
