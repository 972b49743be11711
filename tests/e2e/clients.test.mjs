// The other package managers that install from npm registries.

import assert from "node:assert/strict";
import { access, rm } from "node:fs/promises";
import { homedir } from "node:os";
import path from "node:path";
import { before, test } from "node:test";
import { Buf } from "./lib/buf.mjs";
import { UNITS, WEATHER } from "./lib/protos.mjs";
import { npmPackage, npmRegistry, npmScope } from "./lib/registry.mjs";
import { ok, scratch, write } from "./lib/run.mjs";

const MODULES = path.join(import.meta.dirname, "..", "..", "node_modules");
const platform = `${process.platform}-${process.arch === "arm64" ? "aarch64" : process.arch}`;

/** Name, program, how to add a package, how to install from the lock file. */
const CLIENTS = [
  {
    name: "pnpm",
    program: ["node", `${MODULES}/pnpm/bin/pnpm.mjs`],
    add: ["add"],
    again: ["install", "--frozen-lockfile"],
    lock: "pnpm-lock.yaml",
  },
  {
    name: "yarn 1",
    program: ["node", `${MODULES}/yarn/bin/yarn.js`],
    add: ["add", "--non-interactive"],
    again: ["install", "--non-interactive", "--frozen-lockfile"],
    lock: "yarn.lock",
  },
  {
    name: "yarn 4",
    program: ["node", `${MODULES}/@yarnpkg/cli-dist/bin/yarn.js`],
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

/** What each of them reads: the others' registry and authorities are those of the user's npm. */
async function settingsOf() {
  const config = async (key) => {
    const value = await ok("npm", ["config", "get", key], { cwd: homedir() });
    return ["null", "undefined", ""].includes(value) ? undefined : value;
  };
  const registry = await config("registry");
  const cafile = await config("cafile");
  return {
    "package.json": JSON.stringify({ name: "e2e", version: "1.0.0", private: true, type: "module" }),
    ".npmrc": [
      `registry=${registry}`,
      `${npmScope}:registry=${npmRegistry}`,
      ...(cafile ? [`cafile=${cafile}`] : []),
      "",
    ].join("\n"),
    ".yarnrc.yml": [
      "nodeLinker: node-modules",
      "enableTelemetry: false",
      "enableGlobalCache: true",
      `npmRegistryServer: "${registry}"`,
      'unsafeHttpWhitelist: ["127.0.0.1"]',
      // Yarn 4 waits a day before it takes a new version of anything else.
      `npmPreapprovedPackages: ["${npmScope}/*"]`,
      `npmScopes: { ${npmScope.slice(1)}: { npmRegistryServer: "${npmRegistry}" } }`,
      ...(cafile ? [`httpsCaFilePath: "${cafile}"`] : []),
      "",
    ].join("\n"),
  };
}

function environment(home) {
  const caches = path.join(home, "caches");
  return {
    HOME: home,
    XDG_CACHE_HOME: caches,
    XDG_DATA_HOME: path.join(caches, "data"),
    YARN_CACHE_FOLDER: path.join(caches, "yarn"),
    YARN_GLOBAL_FOLDER: path.join(caches, "yarn-global"),
    BUN_INSTALL_CACHE_DIR: path.join(caches, "bun"),
    NPM_CONFIG_USERCONFIG: path.join(home, "none"),
    CI: "1",
    YARN_ENABLE_IMMUTABLE_INSTALLS: "false",
  };
}
