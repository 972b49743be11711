// A team with private modules, a robot, and someone who left.

import assert from "node:assert/strict";
import { appendFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Buf } from "./lib/buf.mjs";
import { Go } from "./lib/go.mjs";
import { Npm } from "./lib/npm.mjs";
import { bufHost, fresh, get, goPackage, npmPackage, npmRegistry, tokenFor, url } from "./lib/registry.mjs";

// How long a machine remembers who may what.
const REMEMBERED_MS = 10_500;

const PROTO = `syntax = "proto3";\npackage units.v1;\nmessage Unit { string name = 1; }\n`;
const DEPENDENT = `syntax = "proto3";\npackage app.v1;\nimport "units/v1/units.proto";\nmessage App { units.v1.Unit unit = 1; }\n`;

/** Calls the API; gives the reply's JSON. */
async function api(token, method, target, body) {
  const reply = await fetch(`${url}/-/api/${target}`, {
    method,
    headers: { authorization: `Bearer ${token}` },
    body: body && JSON.stringify(body),
  });
  const text = await reply.text();
  assert.ok(reply.ok, `${method} ${target}: ${reply.status} ${text}`);
  return text && JSON.parse(text);
}

const inDays = (days) => new Date(Date.now() + days * 86_400_000).toISOString();

/** Alice's organization with Bob, a robot, and two private modules of which one depends on the other. */
async function team(t) {
  const names = { alice: fresh("alice"), bob: fresh("bob"), robot: fresh("robot"), mallory: fresh("mallory") };
  const tokens = {};
  for (const who of ["alice", "bob", "mallory"]) tokens[who] = await tokenFor(names[who]);
  const alice = await Buf.create(t, tokens.alice);
  const owner = await alice.organization("wonder");
  await api(tokens.alice, "PUT", `organizations/${owner}/members/${names.bob}`, { role: "write" });
  await api(tokens.alice, "POST", `organizations/${owner}/robots`, { name: names.robot, role: "write" });
  const robot = { name: "CI", scope: "write", modules: [`${owner}/app`, `${owner}/units`], expires: inDays(30) };
  tokens.robot = (await api(tokens.alice, "POST", `users/${names.robot}/tokens`, robot)).token;
  const units = await alice.module(`${owner}/units`, { "units/v1/units.proto": PROTO });
  await alice.ok(["push", units, "--create"]);
  const bob = await Buf.create(t, tokens.bob);
  return { owner, names, tokens, alice, bob };
}

test("members and a robot work on private modules, and for others there are none", async (t) => {
  const { owner, names, tokens, alice, bob } = await team(t);
  // A member who only writes makes no module; one who administers does.
  const app = await bob.module(`${owner}/app`, { "app/v1/app.proto": DEPENDENT }, [`${owner}/units`]);
  await bob.ok(["build"], { cwd: app });
  assert.match(await bob.fails(["push", app, "--create"]), /may not change/);
  await api(tokens.alice, "PUT", `organizations/${owner}/members/${names.bob}`, { role: "admin" });
  await sleep(REMEMBERED_MS);
  await bob.ok(["push", app, "--create"]);

  // The robot's token is for this module and its dependency.
  const robot = await Buf.create(t, tokens.robot);
  await appendFile(path.join(app, "app/v1/app.proto"), "message Next {}\n");
  await robot.ok(["push", app]);
  const other = await alice.module(`${owner}/other`, { "other.proto": `syntax = "proto3";\n` });
  await alice.ok(["push", other, "--create"]);
  await appendFile(path.join(other, "other.proto"), "message Other {}\n");
  assert.match(await robot.fails(["push", other]), /there is no module/);

  const npm = await Npm.create(t);
  const packageName = npmPackage(`${owner}/app`, "bufbuild/es");
  const settings = `//${npmRegistry.replace(/^https?:\/\//, "")}:_authToken=${tokens.bob}\n`;
  const strange = await npm.fails("install", packageName);
  assert.match(strange, /404/);
  await appendFile(path.join(npm.cwd, ".npmrc"), settings);
  await npm.ok("install", packageName);

  // What a stranger sees of it is what everybody sees of nothing.
  const stranger = await Buf.create(t, tokens.mallory);
  const seen = async (module) => {
    const said = await stranger.fails(["registry", "module", "info", `${bufHost}/${owner}/${module}`]);
    return said.replaceAll(module, "MODULE");
  };
  assert.equal(await seen("app"), await seen("absent"));
});

test("what is taken away is gone within ten seconds", async (t) => {
  const { owner, names, tokens, alice, bob } = await team(t);
  const info = ["registry", "module", "info", `${bufHost}/${owner}/units`];
  await bob.ok(info);
  await api(tokens.alice, "DELETE", `organizations/${owner}/members/${names.bob}`);
  await sleep(REMEMBERED_MS);
  await bob.fails(info);

  const { tokens: listed } = await api(tokens.alice, "GET", `users/${names.alice}/tokens`);
  await api(tokens.alice, "DELETE", `users/${names.alice}/tokens/${listed[0].id}`);
  await sleep(REMEMBERED_MS);
  assert.match(await alice.fails(info), /is not valid for/);
});

test("a module that public ones depend on is made private and public again", async (t) => {
  const { owner, tokens, alice } = await team(t);
  const settings = (to) => {
    const update = ["registry", "module", "settings", "update", `${bufHost}/${owner}/units`];
    return alice.ok([...update, "--visibility", to]);
  };
  await settings("public");
  await alice.publish(`${owner}/app`, { "app/v1/app.proto": DEPENDENT }, { deps: [`${owner}/units`] });
  const go = await Go.create(t);
  const packageName = goPackage(`${owner}/app`, "protocolbuffers/go");
  const version = await go.version(packageName, "latest");

  await settings("private");
  await sleep(REMEMBERED_MS);
  const later = await Go.create(t);
  assert.match(await later.fails("list", "-m", `${packageName}@latest`), /not everybody may read any more/);
  const list = await (await get(`/gen/go/${packageName}/@v/list`)).text();
  assert.ok(!list.includes(version), list);
  assert.ok(!(await later.fails("list", "-m", `${packageName}@latest`)).includes(`${owner}/units`));
  const nobody = await Buf.create(t, "");
  assert.match(await nobody.fails(["build", `${bufHost}/${owner}/app`]), /not everybody may read any more/);

  await settings("public");
  await sleep(REMEMBERED_MS);
  assert.equal(await (await Go.create(t)).version(packageName, "latest"), version);
  const { visibility } = await api(tokens.alice, "GET", `modules/${owner}/units`);
  assert.equal(visibility, "public");
});
