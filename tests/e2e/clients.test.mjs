// The other package managers that install from npm registries.

import assert from "node:assert/strict";
import { access, rm } from "node:fs/promises";
import path from "node:path";
import { before, test } from "node:test";
import { Buf } from "./lib/buf.mjs";
import { MODULES, PNPM, YARN_1, YARN_4, environment, settingsOf } from "./lib/clients.mjs";
import { UNITS, WEATHER } from "./lib/protos.mjs";
import { npmPackage } from "./lib/registry.mjs";
import { ok, scratch, write } from "./lib/run.mjs";

const platform = `${process.platform}-${process.arch === "arm64" ? "aarch64" : process.arch}`;

/** Name, program, how to add a package, how to install from the lock file. */
const CLIENTS = [
  {
    name: "pnpm",
    program: PNPM,
    add: ["add"],
    again: ["install", "--frozen-lockfile"],
    lock: "pnpm-lock.yaml",
  },
  {
    name: "yarn 1",
    program: YARN_1,
    add: ["add", "--non-interactive"],
    again: ["install", "--non-interactive", "--frozen-lockfile"],
    lock: "yarn.lock",
  },
  {
    name: "yarn 4",
    program: YARN_4,
    add: ["add"],
    again: ["install", "--immutable"],
    lock: "yarn.lock",
  },
  {
    name: "bun",
    program: [`${MODULES}/@oven/bun-${platform}/bin/bun`],
    add: ["add"],
    again: ["install", "--frozen-lockfile"],
    lock: "bun.lock",
  },
];

let module;
let settings;

before(async (t) => {
  const buf = await Buf.create(t);
  const owner = await buf.organization();
  await buf.publish(`${owner}/units`, UNITS);
  module = `${owner}/weather`;
  await buf.publish(module, WEATHER, { deps: [`${owner}/units`] });
  settings = await settingsOf();
});

for (const client of CLIENTS) {
  test(`${client.name} installs, and again from its lock file`, async (t) => {
    const es = npmPackage(module, "bufbuild/es");
    const home = await scratch(t);
    const cwd = path.join(home, "project");
    await write(cwd, { ...settings, "main.js": program(es) });
    const options = { cwd, env: environment(home) };
    const [command, ...first] = client.program;
    const call = (args) => ok(command, [...first, ...args], options);

    // The program imports the runtime itself, which not all of them would let it do otherwise.
    await call([...client.add, es, "@bufbuild/protobuf@^2"]);
    assert.equal(await ok("node", ["main.js"], options), "12.5");

    await access(path.join(cwd, client.lock));
    for (const folder of [path.join(cwd, "node_modules"), path.join(home, "caches")]) {
      await rm(folder, { recursive: true, force: true });
    }
    await call(client.again);
    assert.equal(await ok("node", ["main.js"], options), "12.5");
  });
}

function program(es) {
  return `import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { GetWeatherResponseSchema as Schema } from "${es}/acme/weather/v1/weather_pb.js";

const message = create(Schema, { temperature: { degrees: 12.5 } });
console.log(fromBinary(Schema, toBinary(Schema, message)).temperature.degrees);
`;
}
