// Every Python plugin's packages, in a program that uses a message and one of a module that its module depends on, and a service
// where the plugin makes one: it runs, and mypy and pyright, which are told to be strict, find nothing in it. A line that must not be
// right stands in each with an order to ignore it: where types were lost, they say that there is nothing to ignore.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { before, test } from "node:test";
import { MODULES } from "../e2e/lib/clients.mjs";
import { Python } from "../e2e/lib/python.mjs";
import { pythonPackage } from "../e2e/lib/registry.mjs";
import { ok, scratch } from "../e2e/lib/run.mjs";
import { plugins } from "./lib/catalogue.mjs";
import { publish } from "./lib/modules.mjs";

const MYPY = "mypy==2.4.1";
const PYRIGHT = ["node", path.join(MODULES, "pyright", "index.js")];

/** Name of the file in `python/`; plugins; whose module; what the program needs besides. */
const PROGRAMS = [
  { name: "protocolbuffers-python", plugins: ["protocolbuffers/python", "protocolbuffers/pyi"] },
  { name: "nipunn1313-mypy", plugins: ["protocolbuffers/python", "community/nipunn1313-mypy"] },
  { name: "grpc-python", plugins: ["grpc/python", "community/nipunn1313-mypy", "community/nipunn1313-mypy-grpc"] },
  { name: "bufbuild-py", plugins: ["bufbuild/py"] },
  { name: "bufbuild-grpc-py", plugins: ["bufbuild/grpc-py"], needs: ["types-grpcio"] },
  { name: "connectrpc-py", plugins: ["connectrpc/py"] },
  { name: "connectrpc-python", plugins: ["connectrpc/python"] },
  // It knows neither groups nor streams of requests.
  { name: "betterproto", plugins: ["community/danielgtaylor-betterproto"], module: "money" },
];

let owner;
// One empty cache for all: the runtimes are the same packages.
let caches;

before(async (t) => {
  ({ owner } = await publish(t));
  caches = path.join(await scratch(t), "caches");
});

test("every plugin has a program", async () => {
  const used = new Set(PROGRAMS.flatMap(({ plugins }) => plugins));
  assert.deepEqual([...used].toSorted(), await plugins("python"));
});

for (const { name, plugins, module = "shop", needs = [] } of PROGRAMS) {
  test(`${plugins.join(" and ")} ${plugins.length > 1 ? "are" : "is"} used`, async (t) => {
    const python = await Python.create(t, caches);
    const packages = plugins.map((plugin) => pythonPackage(`${owner}/${module}`, plugin));
    await python.install(MYPY, ...packages, ...needs);
    const source = await readFile(path.join(import.meta.dirname, "python", `${name}.py`), "utf8");
    const settings = { typeCheckingMode: "strict", reportUnnecessaryTypeIgnoreComment: "error", venvPath: path.dirname(path.dirname(python.bin)), venv: "venv" };
    await python.write({ "main.py": source, "pyrightconfig.json": JSON.stringify(settings) });
    assert.equal(await python.ok("python", "main.py"), "tea 12");
    await python.ok("mypy", "--strict", "main.py");
    await ok(PYRIGHT[0], [...PYRIGHT.slice(1), "main.py"], python);
  });
}
