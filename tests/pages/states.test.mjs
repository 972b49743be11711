// How far an SDK is, as somebody sees it who looks at its page meanwhile.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { launch, person } from "../browser/lib/browser.mjs";
import { Registry, freePort } from "../clients/lib/parts.mjs";

/** How many seconds a generator sleeps before each job. */
const DELAY = 6;
const MODULES = ["made", "waited", "held", "wanted", "forged", "troubled"];
const PROTO = (name) => ({ [`${name}.proto`]: `syntax = "proto3";\n\npackage ${name};\n\nmessage It {}\n` });

let registry;
let browser;
let generator;
before(async () => {
  generator = await freePort();
  registry = await Registry.create({ generatorUrl: `http://127.0.0.1:${generator}`, vars: {} });
  await registry.startWorker();
  await registry.startGenerator(generator, DELAY);
  await registry.publishCatalogue();
  Object.assign(process.env, registry.environment());
  browser = await launch();
  const { pushAll } = await import("../clients/lib/modules.mjs");
  const end = { after: () => {} };
  await pushAll(end, MODULES.map((name) => `states/${name}`), { files: (module) => PROTO(module.split("/")[1]) });
});
after(async () => {
  await browser?.close();
  await registry?.stop({ keep: process.env.KEEP !== undefined });
});

const addressOf = (name) => `${registry.url}/states/${name}/sdks/main:protocolbuffers/go`;
const json = async (at, query = "") => (await fetch(`${at}?format=json${query}`)).json();
/** Asks for it as go does, and does not wait. */
const ask = async (at) => {
  const { sdk } = await json(at);
  const gone = new AbortController();
  const asked = fetch(`${registry.url}/gen/go/${sdk.package}/@v/${sdk.version}.zip`, { signal: gone.signal }).catch(() => {});
  await new Promise((resolve) => setTimeout(resolve, 1000));
  gone.abort();
  await asked;
};

test("a page shows how far an SDK is, and by itself that it is ready", async (t) => {
  const at = addressOf("made");
  assert.equal((await json(at)).sdk.state.is, "not_asked_for");
  await ask(at);
  const page = await person(browser, t, { of: registry.url });
  const reply = await page.goto(at);
  assert.equal(reply.headers()["cache-control"], "no-store");
  await page.getByText(/^Being made, \d+ seconds? so far$/).waitFor();
  // The line is there before the package is.
  await page.getByText("go get protoedge.localhost/gen/go/states/made/protocolbuffers/go/...@latest", { exact: true }).waitFor();
  await page.locator(".head .state.done").waitFor();
  assert.match(await page.locator("main").innerText(), /made in \d+\.\d s/);
  assert.deepEqual(page.said, []);
});

test("without scripts a link waits for it", async (t) => {
  const at = addressOf("waited");
  await ask(at);
  const page = await person(browser, t, { of: registry.url, javaScriptEnabled: false });
  await page.goto(at);
  await page.getByRole("link", { name: "Look now" }).click();
  await page.locator(".head .state.done").waitFor();
});

test("a request is held until there is news, and no longer than ten seconds", async (t) => {
  const at = addressOf("held");
  const begun = Date.now();
  assert.equal((await json(at, "&wait=10")).sdk.state.is, "not_asked_for");
  assert.ok(Date.now() - begun < 5000, "nothing is waited for that nobody has asked for");
  await registry.killGenerator(generator);
  await ask(at);
  const held = Date.now();
  assert.equal((await json(at, "&wait=3600")).sdk.state.is, "being_made");
  const seconds = (Date.now() - held) / 1000;
  assert.ok(seconds > 8 && seconds < 15, `${seconds} s`);
  await registry.startGenerator(generator, DELAY);
});

test("who is signed in has it made, and nobody else does", async (t) => {
  const at = addressOf("wanted");
  const page = await person(browser, t, { of: registry.url });
  await page.goto(at);
  await page.getByRole("button", { name: "Make it now" }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  assert.equal((await json(at)).sdk.state.is, "not_asked_for");
  await page.locator("input[name=token]").fill(registry.environment().ADMIN_TOKEN);
  await page.getByRole("button", { name: "Sign in" }).click();
  // Back to where the button is: it is pressed once more, by who is known now.
  await page.getByRole("button", { name: "Make it now" }).click();
  await page.getByText(/^Being made/).waitFor();
  await page.locator(".head .state.done").waitFor();
  // A form of another site's does nothing.
  const other = addressOf("forged");
  const [cookie] = (await page.context().cookies()).filter(({ name }) => name.includes("session"));
  const headers = { cookie: `${cookie.name}=${cookie.value}`, "sec-fetch-site": "cross-site" };
  assert.equal((await fetch(other, { method: "POST", headers, redirect: "manual" })).status, 403);
  assert.equal((await json(other)).sdk.state.is, "not_asked_for");
});

/** A generator that takes every job and says that it failed, by no fault of the module. */
async function failing(port) {
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    response.writeHead(202).end();
    const { callback, token, format } = JSON.parse(body);
    const headers = { authorization: `Bearer ${token}`, "protoedge-format": `${format}`, "content-type": "application/json" };
    const failure = { kind: "trouble", message: "the disk is full", generator: "1" };
    await fetch(`${callback}/failure`, { method: "POST", headers, body: JSON.stringify(failure) });
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return server;
}

test("trouble is the registry's, and the page says so and when it is tried again", async (t) => {
  const at = addressOf("troubled");
  await registry.killGenerator(generator);
  const server = await failing(generator);
  t.after(() => server.close());
  await ask(at);
  assert.equal((await json(at, "&wait=10")).sdk.state.is, "resting");
  const page = await person(browser, t, { of: registry.url });
  await page.goto(at);
  await page.getByText("The registry's generator failed several times").waitFor();
  assert.match(await page.locator(".slot").innerText(), /no fault of the module\. The next try is in (\d+ seconds|1 minutes)/);
  assert.doesNotMatch(await page.content(), /disk is full/);
});
