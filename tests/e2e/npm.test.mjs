// What users do with the npm command.

import assert from "node:assert/strict";
import { readFile, rm } from "node:fs/promises";
import path from "node:path";
import { before, test } from "node:test";
import { Buf } from "./lib/buf.mjs";
import { Npm } from "./lib/npm.mjs";
import { UNITS, WEATHER } from "./lib/protos.mjs";
import { PNPM, YARN_1, YARN_4, settingsOf } from "./lib/clients.mjs";
import { npmPackage, npmRegistry, url } from "./lib/registry.mjs";
import { ok, scratch, write } from "./lib/run.mjs";

let module;
let commit;

before(async (t) => {
  const buf = await Buf.create(t);
  const owner = await buf.organization();
  await buf.publish(`${owner}/units`, UNITS);
  module = `${owner}/weather`;
  commit = await buf.publish(module, WEATHER, { deps: [`${owner}/units`] });
});

test("a program writes and reads a message", async (t) => {
  const npm = await Npm.create(t);
  const es = npmPackage(module, "bufbuild/es");
  await npm.write({
    "main.js": `import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { GetWeatherResponseSchema } from "${es}/acme/weather/v1/weather_pb.js";

const message = create(GetWeatherResponseSchema, { temperature: { degrees: 12.5 } });
const read = fromBinary(GetWeatherResponseSchema, toBinary(GetWeatherResponseSchema, message));
console.log(read.$typeName, read.temperature.degrees);
`,
  });
  await npm.ok("install", es);
  assert.equal(await npm.node("main.js"), "acme.weather.v1.GetWeatherResponse 12.5");
});

test("a service's code brings the messages that it needs", async (t) => {
  const npm = await Npm.create(t);
  const connect = npmPackage(module, "connectrpc/es");
  await npm.write({
    "main.js": `import { WeatherService } from "${connect}/acme/weather/v1/weather_connect.js";

const response = new WeatherService.methods.getWeather.O({ temperature: { degrees: 12.5 } });
const read = WeatherService.methods.getWeather.O.fromBinary(response.toBinary());
console.log(WeatherService.typeName, read.temperature.degrees);
`,
  });
  await npm.ok("install", connect);
  assert.equal(await npm.node("main.js"), "acme.weather.v1.WeatherService 12.5");
});

test("a lock file installs the same bytes again", async (t) => {
  const npm = await Npm.create(t);
  const es = npmPackage(module, "bufbuild/es");
  await npm.ok("install", es);
  const lock = JSON.parse(await readFile(path.join(npm.cwd, "package-lock.json"), "utf8"));
  const own = Object.entries(lock.packages).filter(([name]) => name.includes("weather.bufbuild_es"));
  assert.equal(own.length, 1);
  assert.match(own[0][1].integrity, /^sha512-/);
  assert.ok(own[0][1].resolved.startsWith(`${npmRegistry}${es}/-/`), own[0][1].resolved);

  for (const folder of [path.join(npm.cwd, "node_modules"), npm.env.NPM_CONFIG_CACHE]) {
    await rm(folder, { recursive: true });
  }
  await npm.ok("ci");
});

test("tags name the newest version, a label's and a commit's", async (t) => {
  const npm = await Npm.create(t);
  const es = npmPackage(module, "bufbuild/es");
  const latest = await npm.view(es, "version");
  assert.match(latest, new RegExp(`-20\\d{12}-${commit.slice(0, 12)}\\.\\d+$`));
  for (const tag of ["latest", "label-main", `commit-${commit}`]) {
    assert.equal(await npm.view(`${es}@${tag}`, "version"), latest, tag);
  }
});

test("everything that is listed can be installed", async (t) => {
  const npm = await Npm.create(t);
  const es = npmPackage(module, "bufbuild/es");
  const reply = await fetch(`${npmRegistry}${es.replace("/", "%2f")}`);
  const packument = await reply.json();
  const versions = Object.entries(packument.versions);
  assert.ok(versions.length > 0);
  for (const [version, { dist }] of versions) {
    assert.ok(dist.integrity && dist.shasum && packument.time[version], version);
    assert.equal((await fetch(dist.tarball)).status, 200, dist.tarball);
  }
});

test("the tags of a package are listed, and follow labels", async (t) => {
  const npm = await Npm.create(t);
  const es = npmPackage(module, "bufbuild/es");
  const latest = await npm.view(es, "dist-tags.latest");
  assert.match(await npm.ok("dist-tag", "ls", es), new RegExp(`^latest: ${latest}$`, "m"));
  const refused = await npm.fails("dist-tag", "add", `${es}@${latest}`, "mine", "--//127.0.0.1/:_authToken=x");
  assert.match(refused, /tags follow labels/);
  assert.match(await npm.fails("dist-tag", "rm", es, "latest"), /tags follow labels/);
});

test("other package managers list tags, too", async (t) => {
  const folder = await scratch(t);
  await write(folder, await settingsOf());
  const es = npmPackage(module, "bufbuild/es");
  const env = { HOME: folder, YARN_IGNORE_PATH: "1" };
  for (const [command, ...args] of [
    [...PNPM, "dist-tag", "ls", es],
    [...YARN_1, "tag", "list", es],
    [...YARN_4, "npm", "tag", "list", es],
  ]) {
    assert.match(await ok(command, args, { cwd: folder, env }), /latest.*\d+\.\d+\.\d+-20\d{12}/, args.join(" "));
  }
});

test("a proxy that looks whether the registry is there finds it", async () => {
  for (const address of [npmRegistry, npmRegistry.replace(/\/$/, ""), `${url}/gen/go/`, `${url}/gen/go`]) {
    for (const method of ["GET", "HEAD"]) {
      assert.equal((await fetch(address, { method })).status, 200, `${method} ${address}`);
    }
  }
});
