// Continuous integration pushes without a stored secret: its token is exchanged by the requests that buf's action makes, and the
// runtime's own cryptography verifies it.

import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { readFile } from "node:fs/promises";
import { after, test } from "node:test";
import { Registry, freePort } from "../clients/lib/parts.mjs";
import { Issuer } from "./lib/issuer.mjs";

const issuer = await Issuer.listen(await freePort());
const registry = await Registry.create({
  tls: true,
  generatorUrl: "http://127.0.0.1:9",
  vars: { TRUSTED_ISSUERS: `${issuer.address}, https://gitlab.example.com` },
});
after(async () => {
  issuer.close();
  await registry.stop({ keep: process.env.KEEP !== undefined });
});
await registry.startWorker();
Object.assign(process.env, registry.environment());
const { Buf } = await import("../e2e/lib/buf.mjs");
const { bufHost } = await import("../e2e/lib/registry.mjs");
const { single } = await import("../e2e/lib/protos.mjs");
const { ok } = await import("../e2e/lib/run.mjs");

const CLAIMS = { repository_id: "123", ref: "refs/heads/main" };
const JOB = { ...CLAIMS, aud: `https://${bufHost}`, sub: "repo:acme/weather:ref:refs/heads/main", repository: "acme/weather" };

/** What the action sends, and what it makes of the answer. */
async function exchange(token, account) {
  const body = new URLSearchParams({
    grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
    subject_token: token,
    subject_token_type: "urn:ietf:params:oauth:token-type:id_token",
    account,
  });
  const headers = { "Content-Type": "application/x-www-form-urlencoded", Accept: "application/json" };
  const reply = await fetch(`${registry.url}/oauth2/token`, { method: "POST", headers, body: body.toString() });
  return { status: reply.status, ...(await reply.json()) };
}

async function admin(method, path, body) {
  const reply = await fetch(`${registry.url}/-/api/${path}`, {
    method,
    headers: { authorization: `Bearer ${process.env.ADMIN_TOKEN}` },
    body: body && JSON.stringify(body),
  });
  const text = await reply.text();
  assert.ok(reply.ok, `${method} ${path}: ${text}`);
  return text && JSON.parse(text);
}

/** An organization with a robot that trusts the issuer. */
async function robot(t, role = "write") {
  const buf = await Buf.create(t);
  const organization = await buf.organization("ci");
  const name = `${organization}-bot`;
  await admin("POST", `organizations/${organization}/robots`, { name, role });
  const path = `organizations/${organization}/robots/${name}/trusts`;
  const { id } = await admin("POST", path, { issuer: issuer.address, claims: CLAIMS });
  return { buf, organization, name, trust: `${path}/${id}` };
}

test("a job pushes with the token that it got for its own", async (t) => {
  const { buf, organization, name, trust } = await robot(t);
  await buf.ok(["registry", "module", "create", `${bufHost}/${organization}/units`, "--visibility", "private"]);
  for (const algorithm of ["RS256", "ES256", "EdDSA"]) {
    const given = await exchange(issuer.token(JOB, algorithm), name);
    assert.equal(given.status, 200, `${algorithm}: ${JSON.stringify(given)}`);
    assert.equal(given.expires_in, 900);
    const ci = await Buf.create(t, given.access_token);
    const folder = await ci.module(`${organization}/units`, single(`Unit${algorithm}`));
    await ci.ok(["push", folder]);
  }
  const given = await exchange(issuer.token(JOB), name);
  const ci = await Buf.create(t, given.access_token);
  const folder = await ci.module(`${organization}/units`, single("Late"));
  await admin("DELETE", trust);
  await new Promise((resolve) => setTimeout(resolve, 10_000));
  assert.match(await ci.fails(["push", folder]), /is not valid for/);
  assert.deepEqual(await exchange(issuer.token(JOB), name), { status: 400, error: "invalid_grant" });
});

test("the lines for GitLab push, as the document has them", async (t) => {
  const { buf, organization, name } = await robot(t);
  await buf.ok(["registry", "module", "create", `${bufHost}/${organization}/lines`, "--visibility", "private"]);
  const folder = await buf.module(`${organization}/lines`, single("Line"));
  const page = await readFile(new URL("../../docs/signing-in.md", import.meta.url), "utf8");
  const [, script] = /^GitLab:\n.*?\n {2}script:\n(.*?)\n```/ms.exec(page);
  // As YAML reads them: a folded one of two lines, and one of one.
  const lines = script.replace(/^ {4}- >\n/m, "").replace(/^ {4}- /m, "\u0000").split("\u0000");
  const commands = lines.map((line) => line.trim().replaceAll(/\n\s+/g, " "));
  assert.equal(commands.length, 2, script);
  const own = commands.join("\n").replaceAll("https://registry.example.com/", `${registry.url}/`);
  const text = own.replaceAll("registry.example.com", bufHost).replaceAll("acme-ci", name);
  const ci = await Buf.create(t, "");
  const env = { ...ci.env, ID_TOKEN: issuer.token(JOB) };
  await ok("sh", ["-eu", "-c", text], { cwd: folder, env });
});

test("what others signed, or what says something else, gets nothing", async (t) => {
  const { name } = await robot(t);
  const stranger = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
  const good = issuer.token(JOB);
  const [header, , signature] = good.split(".");
  const other = Buffer.from(JSON.stringify({ ...JOB, iss: issuer.address })).toString("base64url");
  const none = Buffer.from('{"alg":"none"}').toString("base64url");
  for (const [what, token] of Object.entries({
    "a stranger's key": issuer.token(JOB, "RS256", stranger),
    "no signature": good.slice(0, good.lastIndexOf(".") + 1),
    "other claims": `${header}.${other}.${signature}`,
    "no algorithm": `${none}.${good.split(".")[1]}.`,
    "another repository": issuer.token({ ...JOB, repository_id: "1234" }),
    "another branch": issuer.token({ ...JOB, ref: "refs/heads/main-2" }),
    "another audience": issuer.token({ ...JOB, aud: "https://buf.build" }),
    "the past": issuer.token({ ...JOB, exp: 1 }),
  })) {
    assert.deepEqual(await exchange(token, name), { status: 400, error: "invalid_grant" }, what);
  }
  assert.equal((await exchange(good, name)).status, 200);
});

test("an issuer's redirects are not followed", async (t) => {
  const { name } = await robot(t);
  const moved = await Issuer.listen(await freePort());
  t.after(() => moved.close());
  // The keys are kept for some minutes: another issuer's are not.
  const registry2 = await Registry.create({ generatorUrl: "http://127.0.0.1:9", vars: { TRUSTED_ISSUERS: moved.address } });
  t.after(() => registry2.stop());
  await registry2.startWorker();
  moved.redirects["/jwks"] = `${issuer.address}/jwks`;
  const authorization = `Bearer ${registry2.environment().ADMIN_TOKEN}`;
  const call = (method, path, body) => fetch(`${registry2.url}${path}`, { method, headers: { authorization, "content-type": "application/json" }, body: JSON.stringify(body) });
  await call("POST", "/buf.registry.owner.v1.OrganizationService/CreateOrganizations", { values: [{ name: "acme" }] });
  await call("POST", "/-/api/organizations/acme/robots", { name, role: "write" });
  const trusted = await call("POST", `/-/api/organizations/acme/robots/${name}/trusts`, { issuer: moved.address, claims: CLAIMS });
  assert.equal(trusted.status, 201);
  const token = moved.token({ ...JOB, aud: registry2.url.replace("http:", "https:") });
  const body = new URLSearchParams({
    grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
    subject_token: token,
    subject_token_type: "urn:ietf:params:oauth:token-type:id_token",
    account: name,
  });
  const asked = issuer.asked.length;
  const reply = await fetch(`${registry2.url}/oauth2/token`, { method: "POST", body });
  assert.equal(reply.status, 503);
  assert.equal((await reply.json()).error, "server_error");
  assert.equal(issuer.asked.length, asked, "nobody was sent on");
  moved.redirects = {};
  await new Promise((resolve) => setTimeout(resolve, 6_000));
  const again = await fetch(`${registry2.url}/oauth2/token`, { method: "POST", body });
  assert.equal(again.status, 200, await again.text());
});
