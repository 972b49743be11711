// What scripts/tls.sh makes: keys, certificates, and files of authorities that hold what clients trusted before.

import assert from "node:assert/strict";
import { readFile, readdir, stat } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { certificates } from "../e2e/lib/certificates.mjs";
import { ok, run, scratch, write } from "../e2e/lib/run.mjs";

const HOST = "protoedge.localhost";
/** What may be set where these tests run. */
const VARIABLES = [
  ...["SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", "DENO_CERT", "REQUESTS_CA_BUNDLE", "PIP_CERT"],
  ...["CURL_CA_BUNDLE", "YARN_HTTPS_CA_FILE_PATH", "NPM_CONFIG_CAFILE"],
];
const NEVER_SET = VARIABLES.slice(5);

/** As a registry is started where nothing is set but this; gives the file that each variable names then. */
function start(folder, set = {}, settings = "") {
  const unset = Object.fromEntries(VARIABLES.map((name) => [name, ""]));
  const env = { ...unset, NPM_CONFIG_USERCONFIG: path.join(folder, "none"), ...set };
  return certificates(folder, HOST, { set: env, settings });
}

const count = (text) => text.match(/-BEGIN CERTIFICATE-/g)?.length ?? 0;
const contents = async (files) => Promise.all(Object.values(files).map((file) => readFile(file, "utf8")));

test("keys are the user's own, and all of it is kept", async (t) => {
  const folder = await scratch(t);
  const files = await start(folder);
  const tls = path.join(folder, "tls");
  const of = async (name) => {
    const file = path.join(tls, name);
    return [name, await readFile(file, "utf8"), (await stat(file)).mode & 0o777];
  };
  const first = await Promise.all((await readdir(tls)).map(of));
  assert.equal((await stat(tls)).mode & 0o777, 0o700);
  const keys = first.filter(([name]) => name.endsWith(".key"));
  assert.deepEqual(keys.map(([name, , mode]) => [name, mode]), [["authority.key", 0o600], ["server.key", 0o600]]);
  assert.deepEqual(await start(folder), files);
  assert.deepEqual(await Promise.all((await readdir(tls)).map(of)), first);
});

test("the certificate is good for the registry's names, and the authority for no others", async (t) => {
  const folder = await scratch(t);
  await start(folder);
  const at = (name) => path.join(folder, name);
  const verify = (file, ...flags) => run("openssl", ["verify", "-CAfile", at("tls/authority.pem"), ...flags, file]);
  for (const [kind, name, code] of [
    ["ip", "127.0.0.1", 0],
    ["hostname", "localhost", 0],
    ["hostname", HOST, 0],
    ["hostname", "example.com", 2],
  ]) {
    const came = await verify(at("tls/server.pem"), `-verify_${kind}`, name);
    assert.equal(came.code, code, `${name}: ${came.stderr}`);
  }
  await write(folder, { extensions: "subjectAltName = DNS:example.com" });
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", at("key")];
  await ok("openssl", ["req", "-new", "-subj", "/CN=example", ...key, "-out", at("csr")]);
  const issuer = ["-CA", at("tls/authority.pem"), "-CAkey", at("tls/authority.key"), "-set_serial", "1"];
  await ok("openssl", ["x509", "-req", "-in", at("csr"), ...issuer, "-extfile", at("extensions"), "-out", at("pem")]);
  const other = await verify(at("pem"));
  assert.notEqual(other.code, 0);
  assert.match(other.stderr, /permitted subtree violation/);
});

test("a certificate that ends soon is made anew, by the same authority", async (t) => {
  const folder = await scratch(t);
  await start(folder, {}, "CERTIFICATE_DAYS=20");
  const read = () => contents({ authority: `${folder}/tls/authority.pem`, server: `${folder}/tls/server.pem` });
  const [authority, server] = await read();
  await start(folder);
  const [authorityThen, serverThen] = await read();
  assert.equal(authorityThen, authority);
  assert.notEqual(serverThen, server);
});

test("where nothing is set, the system's authorities stay trusted, and a client's own", async (t) => {
  const files = await start(await scratch(t));
  assert.deepEqual(Object.keys(files), VARIABLES.filter((name) => !NEVER_SET.includes(name)));
  const [ssl, node, deno, ...python] = await contents(files);
  assert.deepEqual([ssl, ...python].map((text) => count(text) > 50), [true, true, true], "the system's");
  // Node.js and deno add theirs to those that they come with.
  assert.deepEqual([node, deno].map(count), [1, 1]);
});

test("what is set stays trusted, also from a shell that has the registry's environment", async (t) => {
  const folder = await scratch(t);
  const file = (name) => path.join(folder, `${name}.pem`);
  // The last line has no end, as files of companies do.
  for (const name of VARIABLES) await write(folder, { [`${name}.pem`]: `-----BEGIN CERTIFICATE-----\n${name}` });
  const files = await start(folder, Object.fromEntries(VARIABLES.map((name) => [name, file(name)])));
  assert.deepEqual(Object.keys(files), VARIABLES);
  const texts = await contents(files);
  const authority = await readFile(`${folder}/tls/authority.pem`, "utf8");
  for (const [n, name] of VARIABLES.entries()) {
    assert.ok(texts[n].startsWith(authority), name);
    assert.ok(texts[n].endsWith(`-----BEGIN CERTIFICATE-----\n${name}`), texts[n]);
  }
  assert.deepEqual(await start(folder, files), files);
  assert.deepEqual(await contents(files), texts);
});

test("a file that is not there is not missed", async (t) => {
  const folder = await scratch(t);
  const files = await start(folder, { NODE_EXTRA_CA_CERTS: path.join(folder, "absent.pem") });
  assert.equal(count(await readFile(files.NODE_EXTRA_CA_CERTS, "utf8")), 1);
});
