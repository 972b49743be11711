// scripts/deploy without an account: what it refuses before it builds anything, and its rehearsal.

import assert from "node:assert/strict";
import { chmod, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:https";
import path from "node:path";
import { describe, test } from "node:test";
import { certificates } from "../e2e/lib/certificates.mjs";
import { run, scratch } from "../e2e/lib/run.mjs";

const ROOT = path.join(import.meta.dirname, "..", "..");
const SETTINGS = await readFile(`${ROOT}/wrangler.toml`, "utf8");
const OWN = SETTINGS.replaceAll("example.com", "acme.dev").replaceAll(/"build\/(index\.js|assets)"/g, (_, it) => JSON.stringify(`${ROOT}/build/${it}`));

/** The script with these settings, and with a wrangler that prints these secrets, or fails without them. */
async function deploy(t, { settings = OWN, args = [], secrets, env = {} }) {
  const folder = await scratch(t);
  await writeFile(`${folder}/wrangler.toml`, settings);
  const prints = secrets === undefined ? "echo not signed in >&2; exit 1" : `echo '${JSON.stringify(secrets)}'`;
  await writeFile(`${folder}/wrangler`, `#!/bin/sh\necho "$@" >>"${folder}/calls"\n${prints}\n`);
  await chmod(`${folder}/wrangler`, 0o755);
  const given = { ADMIN_TOKEN: "admin_1", WRANGLER: `${folder}/wrangler`, ...env };
  const ended = await run(`${ROOT}/scripts/deploy`, ["--config", `${folder}/wrangler.toml`, ...args], { env: given });
  const calls = await readFile(`${folder}/calls`, "utf8").catch(() => "");
  return { ...ended, calls };
}

const secret = (name) => ({ name, type: "secret_text" });

/** What is wrong, what is said of it, and with which code the script ends. */
const REFUSED = [
  { name: "the examples", given: { settings: SETTINGS }, code: 1, says: /PUBLIC_URL is still the example .*: set it to where clients reach the Worker/ },
  { name: "a setting of another form", given: { settings: OWN.replace('"registry.acme.dev"', '"registry"') }, code: 1, says: /REGISTRY_HOST is registry: set it to a name with a dot/ },
  { name: "that, also when it is only rehearsed", given: { settings: OWN.replace('"registry.acme.dev"', '"registry"'), args: ["--dry-run"] }, code: 1, says: /REGISTRY_HOST is registry: set it/ },
  { name: "what is no TOML", given: { settings: "vars = [" }, code: 1, says: /wrangler cannot read the settings/ },
  { name: "no token of an administrator", given: { env: { ADMIN_TOKEN: "" } }, code: 1, says: /ADMIN_TOKEN is not in the environment/ },
  { name: "nobody who has signed in", given: {}, code: 1, says: /sign in with npx wrangler login/ },
  { name: "no secret at all", given: { secrets: [] }, code: 1, says: /the secret ADMIN_TOKEN is not set: npx wrangler secret put ADMIN_TOKEN/ },
  { name: "one secret of the two", given: { secrets: [secret("ADMIN_TOKEN"), secret("WEBHOOK_SECRET_FALLBACK")] }, code: 1, says: /the secret WEBHOOK_SECRET is not set/ },
  { name: "a file that is not there", given: { args: ["--config", "/nowhere"] }, code: 2, says: /--config needs a file/ },
  { name: "words that it does not know", given: { args: ["--force"] }, code: 2, says: /usage: scripts\/deploy/ },
];

describe("scripts/deploy refuses", { concurrency: 2 }, () => {
  for (const { name, given, code, says } of REFUSED) {
    test(name, async (t) => {
      const ended = await deploy(t, given);
      assert.match(ended.stderr, says);
      assert.equal(ended.code, code);
      assert.doesNotMatch(ended.calls, /^deploy/m);
      assert.doesNotMatch(ended.stderr, /building/);
    });
  }
});

// First, since those below take what it has built.
test("scripts/deploy --dry-run builds, has wrangler look at it, and says what it would do", async () => {
  const { code, stdout, stderr } = await run(`${ROOT}/scripts/deploy`, ["--dry-run"], { env: { ADMIN_TOKEN: "" } });
  assert.equal(code, 0, stderr);
  // The settings of this tree are examples, and should be said to be.
  assert.match(stderr, /a deployment would stop here.*\nPUBLIC_URL is still the example/);
  assert.match(stderr, /Total Upload: .*\n[^]*env\.BUCKET[^]*--dry-run: exiting now/);
  assert.match(stdout, /would deploy the Worker for https:\/\/registry\.example\.com\nwould publish the catalogue of [1-9]\d\d plugins/);
});

/** A registry over TLS that was just deployed: it answers, and takes a catalogue. `{url, env, asked}`. */
async function registry(t) {
  const folder = await scratch(t);
  const trust = await certificates(folder, "protoedge.localhost");
  const asked = [];
  const keys = { cert: await readFile(`${folder}/tls/server.pem`), key: await readFile(`${folder}/tls/server.key`) };
  const server = createServer(keys, (request, response) => {
    asked.push(`${request.method} ${request.url}`);
    request.resume().on("end", () => response.end("{}"));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  const env = { ...trust, REGISTRY_CA_FILE: `${folder}/tls/authority.pem` };
  return { url: `https://127.0.0.1:${server.address().port}`, env, asked };
}

const BOTH = [secret("ADMIN_TOKEN"), secret("WEBHOOK_SECRET")];

test("scripts/deploy has wrangler deploy what is built, then publishes the catalogue, and says what it left out", async (t) => {
  const { url, env, asked } = await registry(t);
  const settings = OWN.replace("https://registry.acme.dev", url);
  const { code, stderr, calls } = await deploy(t, { settings, args: ["--built"], secrets: BOTH, env: { ...env, SMOKE_MODULE: "" } });
  assert.equal(code, 0, stderr);
  assert.deepEqual(calls.split("\n").map((line) => line.split(" --")[0]), ["secret list", "deploy", ""]);
  assert.deepEqual(asked, ["GET /", "PUT /-/admin/catalogue"]);
  assert.match(stderr, /LEFT OUT: whether the cache works[^]*\ndeployed: https/);
});

test("scripts/deploy ends where the registry does not take the catalogue", async (t) => {
  const { url, env } = await registry(t);
  const settings = OWN.replace("https://registry.acme.dev", url);
  const { code, stderr } = await deploy(t, { settings, args: ["--built"], secrets: BOTH, env: { ...env, REGISTRY_CA_FILE: "/nowhere" } });
  assert.notEqual(code, 0);
  assert.match(stderr, /the Worker is deployed, but the catalogue was not published/);
  assert.doesNotMatch(stderr, /\ndeployed:/);
});
