// What users do with curl, wget and CMake.

import assert from "node:assert/strict";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { before, test } from "node:test";
import { Buf } from "./lib/buf.mjs";
import { Go } from "./lib/go.mjs";
import { UNITS, WEATHER } from "./lib/protos.mjs";
import { Python } from "./lib/python.mjs";
import { get, goPackage, jobs, url } from "./lib/registry.mjs";
import { fails, missing, ok, read, scratch, write } from "./lib/run.mjs";

/** Plugins that write nothing for services without HTTP rules. */
const NOTHING_TO_WRITE = ["grpc-ecosystem/gateway", "grpc-ecosystem/openapiv3"];

let buf;
let owner;
let module;
let commit;

before(async (t) => {
  buf = await Buf.create(t);
  owner = await buf.organization();
  await buf.publish(`${owner}/units`, UNITS);
  module = `${owner}/weather`;
  commit = await buf.publish(module, { ...WEATHER, LICENSE: "MIT\n" }, { deps: [`${owner}/units`] });
});

const at = (of, plugin) => `${url}/gen/archive/${of}/${plugin}`;

/** Unpacks what is at an address; gives the folder. */
async function unpacked(t, address, into) {
  const folder = into ?? (await scratch(t));
  const file = path.join(folder, "..", `${path.basename(folder)}.archive`);
  await ok("curl", ["-fsSL", "-o", file, address]);
  await ok(...(address.endsWith(".zip") ? ["python3", ["-m", "zipfile", "-e", file, folder]] : ["tar", ["-xzf", file, "-C", folder]]));
  return folder;
}

/** The names of files in a zip. */
async function namesIn(t, bytes) {
  const file = path.join(await scratch(t), "archive.zip");
  await writeFile(file, bytes);
  return JSON.parse(await ok("python3", ["-c", "import json, sys, zipfile; print(json.dumps(zipfile.ZipFile(sys.argv[1]).namelist()))", file]));
}

test("both formats have the code of the package, and the licence", async (t) => {
  const plugin = "connectrpc/go";
  const tar = await read(await unpacked(t, `${at(module, plugin)}/latest.tar.gz`));
  const zip = await read(await unpacked(t, `${at(module, plugin)}/latest.zip`));
  assert.deepEqual(tar, zip);
  const name = goPackage(module, plugin);
  const latest = await (await get(`/gen/go/${name}/@latest`)).json();
  const proxied = await get(`/gen/go/${name}/@v/${latest.Version}.zip`);
  const folder = await scratch(t);
  await writeFile(path.join(folder, "module.zip"), Buffer.from(await proxied.arrayBuffer()));
  await ok("python3", ["-m", "zipfile", "-e", path.join(folder, "module.zip"), folder]);
  const { "go.mod": manifest, ...code } = await read(path.join(folder, `${name}@${latest.Version}`));
  assert.match(manifest, /^module /);
  assert.deepEqual(tar, code);
  assert.equal(code.LICENSE, "MIT\n");
  const version = `v${latest.Version.slice(1).split("-")[0]}-${commit.slice(0, 12)}.1`;
  assert.equal((await jobs(`${module}/${plugin}`, version)).length, 1, "one job makes both");
});

test("a program runs with the code of two archives", async (t) => {
  const python = await Python.create(t);
  await python.ok("pip", "install", "--quiet", "protobuf");
  const folder = path.join(python.cwd, "gen");
  await mkdir(folder);
  for (const of of [module, `${owner}/units`]) {
    await unpacked(t, `${at(of, "protocolbuffers/python")}/main.tar.gz`, folder);
  }
  const printed = await python.run(`
import sys
sys.path.insert(0, "gen")
from acme.weather.v1 import weather_pb2
print(weather_pb2.GetWeatherResponse(temperature={"degrees": 12.5}).temperature.degrees)
`);
  assert.equal(printed, "12.5");
});

test("code for a package that an SDK has is put beside the SDK's, and takes its place", async (t) => {
  const go = await Go.create(t);
  const name = goPackage(module, "protocolbuffers/go");
  await go.ok("get", `${name}@latest`);
  const folder = path.join(go.cwd, "gen");
  await mkdir(folder);
  for (const plugin of ["protocolbuffers/go", "community/planetscale-vtprotobuf"]) {
    await unpacked(t, `${at(module, plugin)}/latest.tar.gz`, folder);
  }
  await write(folder, { "go.mod": `module ${name}\n\ngo 1.23\n` });
  await go.ok("mod", "edit", "-replace", `${name}=./gen`);
  await go.write({
    "main.go": `package main

import (
	"fmt"

	weatherv1 "${name}/acme/weather/v1"
)

func main() {
	bytes, err := (&weatherv1.GetWeatherRequest{Place: "Rome"}).MarshalVT()
	fmt.Printf("%q %v\\n", bytes, err)
}
`,
  });
  await ok("sh", ["-c", "cd gen && go mod tidy && cd .. && go mod tidy"], go);
  assert.equal(await go.ok("run", "."), String.raw`"\n\x04Rome" <nil>`);
});

test("wget fetches what is not made yet", { skip: await missing("wget") }, async (t) => {
  const folder = await scratch(t);
  await ok("wget", ["-q", "-O", path.join(folder, "a.zip"), `${at(module, "protocolbuffers/pyi")}/${commit}.zip`]);
  assert.match(await ok("python3", ["-m", "zipfile", "-l", path.join(folder, "a.zip")]), /weather_pb2\.pyi/);
});

test("CMake fetches what is not made yet", { skip: await missing("cmake") }, async (t) => {
  const folder = await scratch(t);
  await write(folder, {
    "CMakeLists.txt": `cmake_minimum_required(VERSION 3.14)
project(weather NONE)
include(FetchContent)
FetchContent_Declare(weather URL ${at(module, "bufbuild/es")}/latest.zip DOWNLOAD_EXTRACT_TIMESTAMP TRUE)
FetchContent_Populate(weather)
message(STATUS "in \${weather_SOURCE_DIR}")
`,
  });
  await ok("cmake", ["-S", folder, "-B", path.join(folder, "build")]);
  const source = path.join(folder, "build", "_deps", "weather-src");
  assert.match(await readFile(path.join(source, "acme/weather/v1/weather_pb.js"), "utf8"), /GetWeather/);
});

test("an archive by each plugin of the catalogue can be had", async (t) => {
  const { languages } = await (await get("/-/plugins?format=json")).json();
  const plugins = languages.flatMap(({ plugins }) => plugins.map(({ name }) => name));
  assert.ok(plugins.length > 40, `${plugins.length} plugins`);
  const empty = [];
  for (const plugin of plugins) {
    const reply = await get(`/gen/archive/${module}/${plugin}/main.zip`);
    assert.equal(reply.status, 302, `${plugin}: ${await reply.text()}`);
    const archive = await get(reply.headers.get("location"));
    const bytes = Buffer.from(await archive.arrayBuffer());
    assert.equal(archive.status, 200, `${plugin}: ${bytes.toString("utf8", 0, 1000)}`);
    const names = await namesIn(t, bytes);
    assert.ok(names.includes("LICENSE"), plugin);
    if (names.length === 1) empty.push(plugin);
  }
  assert.deepEqual(empty.toSorted(), NOTHING_TO_WRITE);
});

test("what cannot be generated says why", async (t) => {
  const two = `${owner}/two`;
  const text = 'syntax = "proto3";\n\npackage two.v1;\n\nmessage A {}\n';
  await buf.publish(two, { "two/v1/a-b.proto": text, "two/v1/a_b.proto": text.replace("A", "B") });
  const said = await fails("curl", ["--fail-with-body", "-sSL", `${at(two, "protocolbuffers/python")}/main.zip`]);
  assert.match(said, /would be the same Python module: give one of them another name/);
  const foreign = await fails("curl", ["--fail-with-body", "-sSL", `${at(module, "acme/none")}/main.zip`]);
  assert.match(foreign, /no plugin acme\/none/);
});
