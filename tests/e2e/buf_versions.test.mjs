// The core path with older buf commands and with the newest one: docs/buf.md says which are served.

import assert from "node:assert/strict";
import { appendFile, readFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { fetchTools, program } from "../clients/lib/tools.mjs";
import { Buf } from "./lib/buf.mjs";
import { BUF_VERSIONS } from "./lib/buf_versions.mjs";
import { Go } from "./lib/go.mjs";
import { bufHost, fresh, goPackage, tokenFor } from "./lib/registry.mjs";
import { ok, write } from "./lib/run.mjs";

const UNITS = `syntax = "proto3";\npackage units.v1;\nmessage Unit { string name = 1; }\n`;
const APP = `syntax = "proto3";\npackage app.v1;\nimport "units/v1/units.proto";\nmessage App { units.v1.Unit unit = 1; }\n`;

// Only the oldest one asks for a name.
const TOOLS = BUF_VERSIONS.map((tool) => ({ ...tool, asksForUser: tool.version === "1.34.0" }));

for (const tool of TOOLS) {
  test(`buf ${tool.version}: log in, push, depend, build, label, export, install`, async (t) => {
    await fetchTools([tool]);
    const [command] = program(tool);
    assert.equal((await ok(command, ["--version"], { cwd: "/" })).trim(), tool.version);
    const user = fresh("alice");
    const token = await tokenFor(user);
    // Made by the newest one: that is no part of the core path.
    const owner = await (await Buf.create(t, token)).organization("versions");

    const buf = await Buf.create(t, "", command);
    delete buf.env.BUF_TOKEN;
    const named = tool.asksForUser ? ["--username", user] : [];
    await buf.ok(["registry", "login", bufHost, ...named, "--token-stdin"], { input: `${token}\n` });
    const units = await buf.module(`${owner}/units`, { "units/v1/units.proto": UNITS });
    const first = await buf.push(units);
    const app = await buf.module(`${owner}/app`, { "app/v1/app.proto": APP }, [`${owner}/units`]);
    await buf.ok(["build"], { cwd: app });
    await buf.push(app);
    await appendFile(path.join(units, "units/v1/units.proto"), "message More {}\n");
    const second = await buf.push(units, "--label", "feature");
    assert.notEqual(first, second);
    await buf.ok(["export", `${bufHost}/${owner}/units:feature`, "-o", "out"]);
    await buf.ok(["breaking", units, "--against", `${bufHost}/${owner}/units`]);
    const of = ["--module", `${bufHost}/${owner}/units`, "--plugin", `${bufHost}/protocolbuffers/go`];
    const version = (await buf.ok(["registry", "sdk", "version", ...of])).trim();
    assert.match(version, new RegExp(first.slice(0, 12)));
    const go = await Go.create(t);
    await go.ok("get", `${goPackage(`${owner}/units`, "protocolbuffers/go")}@${version}`);
  });
}

/** The commands at the ends of a help tree. */
function leaves(tree) {
  const lines = tree.split("\n").filter((line) => line.trim() !== "");
  const items = lines.map((line) => ({ depth: (line.length - line.trimStart().length) / 2, name: line.trim().split(" ")[0] }));
  const above = [];
  return items.flatMap(({ depth, name }, place) => {
    above.splice(depth, Infinity, name);
    return (items[place + 1]?.depth ?? 0) > depth ? [] : [above.join(" ")];
  });
}

/** What docs/buf.md says of each command. */
async function decisions() {
  const page = await readFile(path.join(import.meta.dirname, "..", "..", "docs", "buf.md"), "utf8");
  const section = page.split("\n## Commands\n")[1].split("\n## ")[0];
  return new Map([...section.matchAll(/^\| `([^`]+)` \| (.+) \|$/gm)].map(([, command, here]) => [command, here]));
}

test("docs/buf.md has a decision for every command of the newest buf", async () => {
  const tree = await ok("buf", ["--help-tree"], { cwd: "/" });
  const decided = await decisions();
  assert.deepEqual([...decided.keys()], leaves(tree));
  for (const [command, here] of decided) assert.match(here, /^(✓|✗ |asks no registry)/, command);
});

/** How each command is called whose row says that it does nothing here. */
const REFUSED = {
  "buf plugin push": (of) => [`${of}/check`, "--binary", "check.wasm"],
  "buf plugin update": () => ["plugins"],
  commit: (of) => [`${of}/check:${"a".repeat(32)}`],
  label: (of) => [`${of}/check:main`],
  list: (of) => [`${of}/check`],
  resolve: (of) => [`${of}/check:main`],
};

test("what this registry does not do is said in its own words alone", async (t) => {
  const token = await tokenFor(fresh("alice"));
  const buf = await Buf.create(t, token);
  const of = `${bufHost}/${await buf.organization("versions")}`;
  await write(buf.home, {
    "check.wasm": Buffer.from("0061736d01000000", "hex"),
    "plugin/buf.plugin.yaml": `version: v1\nname: ${of}/check\nplugin_version: v1.0.0\n`,
    "plugins/buf.yaml": `version: v2\nplugins:\n  - plugin: ${of}/check\n`,
    "remote/buf.gen.yaml": `version: v2\nplugins:\n  - remote: ${bufHost}/protocolbuffers/go\n    out: gen\n`,
    "remote/a.proto": `syntax = "proto3";\npackage a;\nmessage A {}\n`,
  });
  // buf itself takes no registry with a port for the plugins of that beta, and pushes an image of a container.
  const isCalled = ([command, here]) => here.startsWith("✗ ") && !command.startsWith("buf beta ");
  const refused = [...(await decisions())].filter(isCalled).map(([command]) => command);
  assert.ok(refused.length > 20, `${refused}`);
  const said = [];
  for (const command of refused) {
    const [, ...words] = command.split(" ");
    const last = words.at(-1);
    const kind = REFUSED[command] ? command : words.includes("commit") && last !== "list" && last !== "resolve" ? "commit" : words.includes("label") ? (last === "list" ? "list" : "label") : "list";
    const args = [...words, ...REFUSED[kind](of)];
    if (last === "add-label") args.push("--label", "x");
    if (last === "delete") args.push("--force");
    if (last === "create") args.push("--visibility", "public", ...(words.includes("plugin") ? ["--type", "check"] : []));
    if (words.at(-2) === "settings") args.push("--visibility", "public");
    said.push([command, await buf.fails(args)]);
  }
  said.push(["buf generate", await buf.fails(["generate"], { cwd: path.join(buf.home, "remote") })]);
  for (const [command, words] of said) {
    assert.match(words, /this registry does not have the RPC/, command);
    assert.doesNotMatch(words, /older version|have not yet been deployed/, command);
  }
});
