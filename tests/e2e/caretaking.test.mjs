// What CI and caretakers do: labels that follow branches, modules that are deprecated, deleted or withheld.

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { appendFile } from "node:fs/promises";
import { createServer } from "node:http";
import path from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Buf } from "./lib/buf.mjs";
import { Go } from "./lib/go.mjs";
import { Npm } from "./lib/npm.mjs";
import { adminToken, bufHost, fresh, get, goPackage, npmPackage, tokenFor, url } from "./lib/registry.mjs";
import { ok } from "./lib/run.mjs";

// How long a machine remembers a module.
const REMEMBERED_MS = 10_500;

const UNITS = `syntax = "proto3";\npackage units.v1;\nmessage Unit { string name = 1; }\n`;
const APP = `syntax = "proto3";\npackage app.v1;\nimport "units/v1/units.proto";\nmessage App { units.v1.Unit unit = 1; }\n`;

/** Alice with her token and an organization of hers. */
async function alice(t) {
  const token = await tokenFor(fresh("alice"));
  const buf = await Buf.create(t, token);
  return { token, buf, owner: await buf.organization("caretaking") };
}

/** A call as programs in other languages make it, buf's own action for CI among them. */
async function connect(token, rpc, message) {
  const reply = await fetch(`${url}/buf.registry.module.v1.${rpc}`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${token}`,
      "connect-protocol-version": "1",
      "content-type": "application/json",
    },
    body: JSON.stringify(message),
  });
  return { status: reply.status, json: await reply.json() };
}

async function takedown(method, body) {
  const reply = await fetch(`${url}/-/admin/takedowns`, {
    method,
    headers: { authorization: `Bearer ${adminToken}` },
    body: JSON.stringify(body),
  });
  assert.ok(reply.ok, `${method}: ${reply.status} ${await reply.text()}`);
}

const labelRef = (owner, module, label) => ({ labelRefs: [{ name: { owner, module, label } }] });

test("CI pushes each branch with its git metadata, and archives its label when the branch is deleted", async (t) => {
  const { token, buf, owner } = await alice(t);
  const folder = await buf.module(`${owner}/units`, { "units/v1/units.proto": UNITS });
  const git = (...args) => ok("git", ["-c", "user.name=ci", "-c", "user.email=ci@example.com", ...args], { cwd: folder });
  await git("init", "-q", "-b", "main");
  const remote = "https://github.com/acme/units.git";
  await git("remote", "add", "origin", remote);
  // Which is here.
  await ok("git", ["init", "-q", "--bare", path.join(folder, "..", "origin.git")], { cwd: folder });
  await git("config", `url.${path.join(folder, "..", "origin.git")}.insteadOf`, remote);
  const commit = async (message) => {
    await git("add", "-A");
    await git("commit", "-q", "-m", message);
    await git("push", "-q", "origin", "HEAD");
    return git("rev-parse", "HEAD");
  };
  const push = async (sha) => {
    const source = `https://github.com/acme/units/commit/${sha.trim()}`;
    const flags = ["--error-format", "github-actions", "--exclude-unnamed", "--git-metadata", "--source-control-url", source];
    return buf.ok(["push", ...flags, "--create", "--create-visibility", "public"], { cwd: folder });
  };
  await push(await commit("first"));
  await git("checkout", "-q", "-b", "feature/x");
  await appendFile(path.join(folder, "units/v1/units.proto"), "message X {}\n");
  const sha = await commit("second");
  const pushed = await push(sha);
  const labels = async (...flags) => {
    const printed = await buf.ok(["registry", "module", "label", "list", `${bufHost}/${owner}/units`, ...flags]);
    return printed.split("\n").filter((line) => line !== "").toSorted();
  };
  const named = (label) => `${bufHost}/${owner}/units:${label}`;
  assert.deepEqual(await labels(), [named("feature/x"), named("main")]);

  const archive = (label) => connect(token, "LabelService/ArchiveLabels", labelRef(owner, "units", label));
  assert.deepEqual(await archive("feature/x"), { status: 200, json: {} });
  // Whoever deletes a branch that was never pushed is told so in the way that the action goes on after.
  const missing = await archive("feature/none");
  assert.deepEqual([missing.status, missing.json.code], [404, "not_found"]);
  assert.deepEqual(await labels(), [named("main")]);
  assert.deepEqual(await labels("--archive-status", "archived"), [named("feature/x")]);
  // Its versions stay installable, and a push brings it back.
  const id = /:([0-9a-f]{32})/.exec(pushed)[1];
  const go = await Go.create(t);
  await go.ok("get", `${goPackage(`${owner}/units`, "protocolbuffers/go")}@${id.slice(0, 12)}`);
  await appendFile(path.join(folder, "units/v1/units.proto"), "message Y {}\n");
  await push(await commit("third"));
  assert.deepEqual(await labels(), [named("feature/x"), named("main")]);

  // The same by the command.
  await buf.ok(["registry", "module", "label", "archive", named("feature/x")]);
  assert.deepEqual(await labels(), [named("main")]);
  await buf.ok(["registry", "module", "label", "unarchive", named("feature/x")]);
  assert.deepEqual(await labels(), [named("feature/x"), named("main")]);
  assert.match(await buf.fails(["registry", "module", "label", "archive", named("main")]), /is the default label/);
});

test("whoever depends on a deprecated module is told by buf, by npm and by go", async (t) => {
  const { buf, owner } = await alice(t);
  const units = await buf.module(`${owner}/units`, { "units/v1/units.proto": UNITS });
  const first = await buf.push(units);
  const module = `${bufHost}/${owner}/units`;
  // Its package is in use, so that each push makes it anew.
  const earlier = await Npm.create(t);
  await earlier.ok("install", npmPackage(`${owner}/units`, "bufbuild/es"));
  await buf.ok(["registry", "module", "settings", "update", module, "--description", "Units.", "--url", "https://example.com"]);
  await buf.ok(["registry", "module", "deprecate", module]);
  const info = JSON.parse(await buf.ok(["registry", "module", "info", module, "--format", "json"]));
  assert.equal(info.state, "MODULE_STATE_DEPRECATED");
  await appendFile(path.join(units, "units/v1/units.proto"), "message Next {}\n");
  await buf.push(units);

  const words = `the module ${owner}/units is deprecated by its owner`;
  const npm = await Npm.create(t);
  const packageName = npmPackage(`${owner}/units`, "bufbuild/es");
  // npm installs nothing by the bare name whose newest version is deprecated, since all versions here are prereleases to it.
  await npm.ok("install", packageName);
  assert.equal(await npm.view(packageName, "deprecated"), undefined);
  assert.equal(await npm.view(`${packageName}@commit-${first}`, "deprecated"), words);
  const go = await Go.create(t);
  const goName = goPackage(`${owner}/units`, "protocolbuffers/go");
  await go.ok("get", goName);
  const seen = JSON.parse(await go.ok("list", "-m", "-u", "-json", goName));
  assert.equal(seen.Deprecated, words);
  // The command warns, and goes on.
  const app = await buf.module(`${owner}/app`, { "app/v1/app.proto": APP });
  await buf.configure(app, `${owner}/app`, [`${owner}/units`]);
  await buf.ok(["registry", "module", "undeprecate", module]);
  assert.equal(await npm.view(`${packageName}@commit-${first}`, "deprecated"), undefined);
});

test("a module that is deleted is gone, and starts empty when it is made again", async (t) => {
  const { token, buf, owner } = await alice(t);
  const units = await buf.module(`${owner}/units`, { "units/v1/units.proto": UNITS });
  await buf.push(units);
  await buf.publish(`${owner}/app`, { "app/v1/app.proto": APP }, { deps: [`${owner}/units`] });
  const module = `${bufHost}/${owner}/units`;
  const go = await Go.create(t);
  const goName = goPackage(`${owner}/units`, "protocolbuffers/go");
  await go.ok("get", `${goName}@latest`);
  const before = await go.version(goName, "latest");
  const refused = await buf.fails(["registry", "module", "delete", "--force", module]);
  assert.match(refused, /1 modules depend on it, and 1 of its packages/);
  const forced = await fetch(`${url}/-/api/modules/${owner}/units?force=true`, {
    method: "DELETE",
    headers: { authorization: `Bearer ${token}` },
  });
  assert.equal(forced.status, 204);
  await sleep(REMEMBERED_MS);
  const fresher = await Go.create(t);
  await fresher.fails("get", `${goName}@${before}`);
  const readings = ["list", `${before}.info`, `${before}.mod`, `${before}.zip`].map((it) => `/gen/go/${goName}/@v/${it}`);
  for (const reading of readings) assert.equal((await get(reading)).status, 404, reading);
  assert.match(await buf.fails(["registry", "module", "info", module]), /does not exist/);

  await buf.ok(["registry", "module", "create", module, "--visibility", "public"]);
  const commits = await buf.ok(["registry", "module", "commit", "list", module]);
  assert.equal(commits.trim(), "");
  const again = await buf.push(units);
  assert.match(await fresher.version(goName, "latest"), new RegExp(again.slice(0, 12)));
  for (const reading of readings.slice(1)) assert.equal((await get(reading)).status, 404, reading);
});

test("what is withheld is told to go, npm and buf with the reason within ten seconds, and comes back", async (t) => {
  const { buf, owner } = await alice(t);
  const units = await buf.module(`${owner}/units`, { "units/v1/units.proto": UNITS });
  const commit = await buf.push(units);
  const goName = goPackage(`${owner}/units`, "protocolbuffers/go");
  const go = await Go.create(t);
  await go.ok("get", `${goName}@latest`);
  const version = await go.version(goName, "latest");
  const npm = await Npm.create(t);
  const packageName = npmPackage(`${owner}/units`, "bufbuild/es");
  await npm.ok("install", packageName);

  await takedown("POST", { module: `${owner}/units`, commit, reason: "it holds a private key" });
  await sleep(REMEMBERED_MS);
  const fresher = await Go.create(t);
  assert.match(await fresher.fails("get", `${goName}@${version}`), /451[^]*it holds a private key/);
  assert.match(await fresher.fails("get", `${goName}@latest`), /it holds a private key/);
  const other = await Npm.create(t);
  assert.match(await other.fails("install", packageName), /451[^]*it holds a private key/);
  const zip = await get(`/gen/go/${goName}/@v/${version}.zip`);
  assert.equal(zip.status, 451);
  const nobody = await Buf.create(t, "");
  for (const args of [["export", `${bufHost}/${owner}/units`, "-o", "out"], ["build", `${bufHost}/${owner}/units:${commit}`]]) {
    assert.match(await nobody.fails(args), /it holds a private key/);
  }
  assert.match(await buf.fails(["push"], { cwd: units }), /it holds a private key/);
  await appendFile(path.join(units, "units/v1/units.proto"), "// Without it.\n");
  const clean = await buf.push(units);
  assert.match(await fresher.version(goName, "latest"), new RegExp(clean.slice(0, 12)));

  await takedown("DELETE", { module: `${owner}/units`, commit });
  await sleep(REMEMBERED_MS);
  await fresher.ok("get", `${goName}@${version}`);
});

/** A receiver on this machine; gives its address and what came. */
async function receiver(t) {
  const came = [];
  const server = createServer((request, response) => {
    const chunks = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      came.push({ headers: request.headers, body: Buffer.concat(chunks).toString() });
      response.writeHead(204).end();
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  return { address: `http://127.0.0.1:${server.address().port}/`, came };
}

test("a webhook that the command made is told of pushes, signed as Standard Webhooks", async (t) => {
  const { token, buf, owner } = await alice(t);
  const units = await buf.module(`${owner}/units`, { "units/v1/units.proto": UNITS });
  await buf.push(units);
  const { address, came } = await receiver(t);
  const of = ["--remote", bufHost, "--owner", owner, "--repository", "units"];
  const hook = ["beta", "registry", "webhook"];
  const made = JSON.parse(await buf.ok([...hook, "create", ...of, "--callback-url", address, "--event", "WEBHOOK_EVENT_REPOSITORY_PUSH"]));
  const id = made.webhook.webhookId;
  assert.match(id, /^[0-9a-f]{32}$/);
  assert.match(await buf.ok([...hook, "list", ...of]), new RegExp(id));
  const renewed = await fetch(`${url}/-/api/modules/${owner}/units/webhooks/${id}/secret`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}` },
  });
  const { secret } = await renewed.json();

  await appendFile(path.join(units, "units/v1/units.proto"), "message Next {}\n");
  const commit = await buf.push(units);
  for (let tries = 0; came.length === 0 && tries < 100; tries++) await sleep(100);
  assert.equal(came.length, 1);
  const [{ headers, body }] = came;
  const { type, data } = JSON.parse(body);
  assert.deepEqual([type, data.module, data.commit, data.labels], ["push", `${owner}/units`, commit, ["main"]]);
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  const signed = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`;
  const mac = createHmac("sha256", key).update(signed).digest("base64");
  assert.equal(headers["webhook-signature"], `v1,${mac}`);

  await buf.ok([...hook, "delete", "--remote", bufHost, "--id", id]);
  assert.doesNotMatch(await buf.ok([...hook, "list", ...of]), new RegExp(id));
});
