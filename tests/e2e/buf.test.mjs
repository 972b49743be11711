// What users do with the buf command, from login to the version of an SDK.

import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { Buf } from "./lib/buf.mjs";
import { UNITS, WEATHER, single } from "./lib/protos.mjs";
import { bufHost, fresh, tokenFor } from "./lib/registry.mjs";
import { fails, ok, write } from "./lib/run.mjs";

const COMMIT = /^[0-9a-f]{32}$/;

test("login stores a token that later commands use", async (t) => {
  const user = fresh("user");
  const token = await tokenFor(user);
  const buf = await Buf.create(t, "");
  await buf.ok(["registry", "login", bufHost, "--token-stdin"], { input: `${token}\n` });
  const netrc = await readFile(path.join(buf.home, ".netrc"), "utf8");
  assert.match(netrc, new RegExp(`machine ${bufHost}\\s+login ${user}\\s+password ${token}`));
  assert.match(await buf.ok(["registry", "whoami", bufHost]), new RegExp(user));
});

test("login asks for a token at the terminal where there is no browser", async (t) => {
  const user = fresh("user");
  const token = await tokenFor(user);
  const buf = await Buf.create(t, "");
  // script gives buf a terminal, at which it reads the token as a password.
  const login = `buf registry login ${bufHost} --prompt`;
  const options = { env: { ...buf.env, SHELL: "/bin/sh" }, cwd: buf.home };
  const printed = await ok("script", ["-qec", login, "/dev/null"], { ...options, input: `${token}\n` });
  assert.match(printed, /Enter the (BSR )?token/i);
  assert.match(await buf.ok(["registry", "whoami", bufHost]), new RegExp(user));
  const wrong = await fails("script", ["-qec", login, "/dev/null"], { ...options, input: "wrong\n" });
  assert.match(wrong, /invalid token/);
});

test("nobody is asked to log in", async (t) => {
  const buf = await Buf.create(t, "");
  assert.match(await buf.fails(["registry", "whoami", bufHost]), /not currently logged in/i);
});

test("an organization is made once", async (t) => {
  const buf = await Buf.create(t);
  const owner = await buf.organization();
  assert.match(await buf.ok(["registry", "organization", "info", `${bufHost}/${owner}`]), new RegExp(owner));
  const again = await buf.fails(["registry", "organization", "create", `${bufHost}/${owner}`]);
  assert.match(again, /already_exists/);
});

test("a module is made, shown and pushed to", async (t) => {
  const buf = await Buf.create(t);
  const name = `${await buf.organization()}/units`;
  const missing = await buf.fails(["push", await buf.module(name, UNITS)]);
  assert.match(missing, /--create/);

  await buf.ok(["registry", "module", "create", `${bufHost}/${name}`, "--visibility", "public"]);
  const empty = await buf.fails(["registry", "module", "commit", "resolve", `${bufHost}/${name}`]);
  assert.match(empty, new RegExp(`${name} is empty: nothing was pushed to it yet`));
  assert.match(await buf.ok(["registry", "module", "info", `${bufHost}/${name}`]), /units/);
  const commit = await buf.publish(name, UNITS);
  assert.match(commit, COMMIT);
  assert.equal(await buf.resolve(name), commit);
  assert.equal(await buf.resolve(`${name}:main`), commit);
  assert.equal(await buf.resolve(`${name}:${commit}`), commit);
});

test("pushing the same content again gives the same commit", async (t) => {
  const buf = await Buf.create(t);
  const name = `${await buf.organization()}/units`;
  const folder = await buf.module(name, UNITS);
  assert.equal(await buf.push(folder), await buf.push(folder));
});

test("a label moves without the default label", async (t) => {
  const buf = await Buf.create(t);
  const name = `${await buf.organization()}/single`;
  const labelled = await buf.publish(name, single("One"), { flags: ["--label", "feature/x"] });
  assert.equal(await buf.resolve(`${name}:feature/x`), labelled);
  await buf.fails(["registry", "module", "commit", "resolve", `${bufHost}/${name}`]);

  const head = await buf.publish(name, single("Two"));
  const draft = await buf.publish(name, single("Three"), { flags: ["--draft", "try"] });
  assert.equal(await buf.resolve(name), head);
  assert.equal(await buf.resolve(`${name}:try`), draft);
  assert.equal(await buf.resolve(`${name}:feature/x`), labelled);
});

test("labels and commits are listed", async (t) => {
  const buf = await Buf.create(t);
  const name = `${await buf.organization()}/single`;
  const labelled = await buf.publish(name, single("One"), { flags: ["--label", "feature/x"] });
  const head = await buf.publish(name, single("Two"));
  const list = (what) => buf.ok(["registry", "module", what, "list", `${bufHost}/${name}`, "--format", "json"]);
  const labels = await list("label");
  for (const label of ["main", "feature/x"]) assert.ok(labels.includes(`"${label}"`), labels);
  const commits = await list("commit");
  for (const commit of [labelled, head]) assert.ok(commits.includes(commit), commits);
});

test("modules of a workspace are pushed together and may depend on each other", async (t) => {
  const buf = await Buf.create(t);
  const owner = await buf.organization();
  const folder = path.join(buf.home, "workspace");
  const inside = (part, files) =>
    Object.fromEntries(Object.entries(files).map(([name, text]) => [`${part}/${name}`, text]));
  await write(folder, {
    "buf.yaml": `version: v2
modules:
  - path: units
    name: ${bufHost}/${owner}/units
  - path: weather
    name: ${bufHost}/${owner}/weather
`,
    ...inside("units", UNITS),
    ...inside("weather", WEATHER),
  });
  const printed = await buf.ok(["push", folder, "--create", "--create-visibility", "public"]);
  const commits = Object.fromEntries(
    printed.split("\n").map((line) => /\/([a-z]+):([0-9a-f]{32})$/.exec(line).slice(1)),
  );
  assert.deepEqual(Object.keys(commits).sort(), ["units", "weather"]);

  // What depends on weather depends on the very units that it was pushed with.
  const app = await buf.module(`${owner}/app`, single("App"), [`${owner}/weather`]);
  const lock = await readFile(path.join(app, "buf.lock"), "utf8");
  assert.ok(lock.includes(commits.weather) && lock.includes(commits.units), lock);
});

test("a remote dependency is locked, built and exported", async (t) => {
  const buf = await Buf.create(t);
  const owner = await buf.organization();
  const first = await buf.publish(`${owner}/units`, UNITS);
  const weather = await buf.module(`${owner}/weather`, WEATHER, [`${owner}/units`]);
  await buf.publish(`${owner}/units`, { ...UNITS, ...single("Newer") });

  // Another user, with empty caches, gets the commit of the lock file, not the newest.
  await buf.push(weather);
  const other = await Buf.create(t, "");
  await other.ok(["build", weather]);
  assert.match(await readFile(path.join(weather, "buf.lock"), "utf8"), new RegExp(first));
  await other.ok(["build", `${bufHost}/${owner}/weather`]);
  const out = path.join(other.home, "out");
  await other.ok(["export", `${bufHost}/${owner}/weather`, "--output", out]);
  const exported = await readdir(out, { recursive: true });
  assert.ok(exported.includes("acme/weather/v1/weather.proto"), exported.join("\n"));
  assert.ok(exported.includes("acme/units/v1/units.proto"), exported.join("\n"));
  assert.ok(!exported.includes("e2e/v1/e2e.proto"), "that file is in the newer commit only");
});

test("a module with an older configuration file finds its dependencies", async (t) => {
  const buf = await Buf.create(t);
  const owner = await buf.organization();
  const units = await buf.publish(`${owner}/units`, UNITS);
  const folder = path.join(buf.home, "v1");
  await write(folder, {
    "buf.yaml": `version: v1\nname: ${bufHost}/${owner}/weather\ndeps:\n  - ${bufHost}/${owner}/units\n`,
    ...WEATHER,
  });
  await buf.ok(["dep", "update", folder]);
  assert.match(await readFile(path.join(folder, "buf.lock"), "utf8"), new RegExp(`commit: ${units}`));
  await buf.ok(["build", folder]);
});

test("the version of an SDK is made of plugin, time and commit", async (t) => {
  const buf = await Buf.create(t);
  const name = `${await buf.organization()}/units`;
  const commit = await buf.publish(name, UNITS);
  const form = (v) => new RegExp(`^${v}\\d+\\.\\d+\\.\\d+-20\\d{12}-${commit.slice(0, 12)}\\.\\d+$`);
  assert.match(await buf.sdkVersion(name, "protocolbuffers/go"), form("v"));
  assert.match(await buf.sdkVersion(name, "bufbuild/es"), form(""));
  assert.equal(
    await buf.sdkVersion(`${name}@${commit}`, "protocolbuffers/go"),
    await buf.sdkVersion(`${name}@main`, "protocolbuffers/go"),
  );
  const pinned = await buf.sdkVersion(name, "protocolbuffers/go:v1.36.10");
  assert.match(pinned, /^v1\.36\.10-/);
});

test("a private module is there for its owner's members alone", async (t) => {
  const buf = await Buf.create(t);
  const owner = await buf.organization();
  const folder = await buf.module(`${owner}/hidden`, single("Hidden"));
  // Private by default, as in buf.
  await buf.ok(["push", folder, "--create"]);
  const hidden = `${bufHost}/${owner}/hidden`;
  assert.match(await buf.ok(["registry", "module", "info", hidden]), /hidden/);
  const version = await buf.sdkVersion(`${owner}/hidden`, "protocolbuffers/go");
  assert.match(version, /^v1\./);
  const stranger = await Buf.create(t, "");
  const missing = await stranger.fails(["registry", "module", "info", `${bufHost}/${owner}/absent`]);
  const said = await stranger.fails(["registry", "module", "info", hidden]);
  assert.equal(said.replaceAll("hidden", "absent"), missing);
  await stranger.fails(["export", hidden, "--output", "out"]);
});

test("an SDK version is of the commit and the plugin that it is asked with", async (t) => {
  const buf = await Buf.create(t);
  const name = `${await buf.organization()}/single`;
  const first = await buf.publish(name, single("One"));
  const second = await buf.publish(name, single("Two"));
  const version = await buf.sdkVersion(`${name}@${first}`, "protocolbuffers/go:v1.36.10");
  const info = (reference, plugin) => [
    "registry", "sdk", "info", "--version", version,
    "--module", `${bufHost}/${name}${reference}`, "--plugin", `${bufHost}/${plugin}`,
  ];
  for (const reference of ["", `:${first}`]) {
    assert.match(await buf.ok(info(reference, "protocolbuffers/go")), new RegExp(`Commit: *${first}`));
  }
  const other = await buf.fails(info(`:${second}`, "protocolbuffers/go"));
  assert.match(other, new RegExp(`is of commit ${first}`));
  assert.match(await buf.fails(info("", "protocolbuffers/go:v1.36.9")), /is of protocolbuffers\/go:v1\.36\.10/);
  assert.match(await buf.fails(info("", "connectrpc/go")), /which this registry does not have/);
});

test("ten who push at once leave ten commits, of which everybody was told his own", async (t) => {
  const buf = await Buf.create(t);
  const name = `${await buf.organization()}/single`;
  const first = await buf.publish(name, single("First"));
  const folders = await Promise.all([...Array(10).keys()].map((n) => buf.module(name, single(`M${n}`))));
  const pushed = await Promise.all(folders.map((folder) => buf.push(folder)));
  assert.equal(new Set(pushed).size, 10);
  const list = async (what) => {
    const args = ["registry", "module", "commit", "list", what, "--page-size", "100", "--format", "json"];
    return (await buf.ok(args)).match(/\b[0-9a-f]{32}\b/g);
  };
  const expected = [first, ...pushed].sort();
  assert.deepEqual([...new Set(await list(`${bufHost}/${name}`))].sort(), expected);
  assert.deepEqual([...new Set(await list(`${bufHost}/${name}:main`))].sort(), expected);
});

test("a push that fails makes no module, and one that is made by hand stays", async (t) => {
  const buf = await Buf.create(t);
  const owner = await buf.organization();
  // What buf finds out itself, and what only the registry can.
  const depends = await buf.module(`${owner}/none`, single("None"));
  await write(depends, {
    "buf.yaml": `version: v2\nname: ${bufHost}/${owner}/none\n`,
    "a.proto": `syntax = "proto3";\npackage a;\n//go:build ignore\nmessage A {}\n`,
  });
  assert.match(await buf.fails(["push", depends, "--create", "--create-visibility", "public"]), /go:build/);
  assert.match(await buf.fails(["registry", "module", "info", `${bufHost}/${owner}/none`]), /does not exist/);

  await buf.ok(["registry", "module", "create", `${bufHost}/${owner}/none`, "--visibility", "public"]);
  await buf.fails(["push", depends, "--create", "--create-visibility", "public"]);
  assert.match(await buf.ok(["registry", "module", "info", `${bufHost}/${owner}/none`]), /none/);
});

test("two who push a new module at once both succeed", async (t) => {
  const buf = await Buf.create(t);
  const owner = await buf.organization();
  for (let n = 0; n < 5; n++) {
    const folders = [1, 2, 3].map((m) => buf.module(`${owner}/new${n}`, single(`M${m}`)));
    const pushed = await Promise.all((await Promise.all(folders)).map((folder) => buf.push(folder)));
    assert.equal(new Set(pushed).size, 3);
  }
});
