// Every Go plugin's packages, in a program that uses a message, one of a module that its module depends
// on, and a service where the plugin makes one. Each holds a line that must not compile.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { before, test } from "node:test";
import { Go } from "../e2e/lib/go.mjs";
import { goPackage, host } from "../e2e/lib/registry.mjs";
import { scratch } from "../e2e/lib/run.mjs";
import { plugins } from "./lib/catalogue.mjs";
import { publish } from "./lib/modules.mjs";

/** Name of the file in `go/`, plugin's part of the import path. */
const PROGRAMS = [
  ["protocolbuffers-go", "protocolbuffers/go"],
  ["connectrpc-go", "connectrpc/go"],
  ["connectrpc-gosimple", "connectrpc/gosimple"],
  ["connect-go", "bufbuild/connect-go"],
  ["grpc-go", "grpc/go"],
  ["gateway", "grpc-ecosystem/gateway/v2"],
  ["pluginrpc-go", "pluginrpc/go"],
];

let owner;
// One empty cache for all: most modules are the same.
let cache;

before(async (t) => {
  ({ owner } = await publish(t));
  cache = path.join(await scratch(t), "cache");
});

test("every plugin has a program", async () => {
  const used = PROGRAMS.map(([, plugin]) => plugin.replace(/\/v\d+$/, ""));
  assert.deepEqual(used.toSorted(), await plugins("go"));
});

for (const [name, plugin] of PROGRAMS) {
  test(`${plugin} is used`, async (t) => {
    const text = await readFile(path.join(import.meta.dirname, "go", `${name}.go`), "utf8");
    const source = text.replaceAll("registry.example/gen/go/owner", `${host}/gen/go/${owner}`);
    const packageName = goPackage(`${owner}/shop`, plugin);
    const go = await Go.create(t, cache);
    await go.write({ "main.go": source });
    await go.ok("get", packageName);
    await go.ok("get", ".");
    await go.ok("vet", ".");
    assert.equal(await go.ok("run", "."), "tea 12");

    // Whatever else the packages hold compiles, too.
    await go.ok("get", `${packageName}/...`);
    await go.ok("build", `${packageName}/...`);

    await go.write({ "main.go": source.replace("// wrong: ", "") });
    assert.match(await go.fails("build", "."), /main\.go:\d+:\d+: cannot use /);
  });
}
