// Every page of signing in as a person sees it: complete without scripts, valid, accessible in light and dark, and nothing of a
// name or a word becomes anything but text.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, person } from "../browser/lib/browser.mjs";
import { look as lookAt, validate } from "../browser/lib/checks.mjs";
import { Registry, freePort } from "../clients/lib/parts.mjs";
import { signIn } from "./lib/people.mjs";
import { OpenIdProvider } from "./lib/provider.mjs";

const ISSUER = "https://token.example.com";

const registry = await Registry.create({ tls: true, generatorUrl: "http://127.0.0.1:9", vars: {} });
const provider = await OpenIdProvider.listen(await freePort(), registry.publicUrl);
registry.set({ ...provider.settings, TRUSTED_ISSUERS: ISSUER });
const browser = await launch();
after(async () => {
  await browser.close();
  provider.close();
  await registry.stop({ keep: process.env.KEEP !== undefined });
});
before(() => registry.startWorker());
const url = registry.publicUrl;

/** The HTML of every page that was sent, by what it is. */
const sent = new Map();

/** Looks at a page, in light and dark and as narrow as a small phone. */
async function look(page, what) {
  await page.waitForLoadState();
  const html = await page.sent;
  assert.ok(html.includes(`<title>${await page.title()}</title>`), `${what}: what was sent is not what is seen`);
  sent.set(what, html);
  await lookAt(page, what);
}

test("all pages, by a person who uses them without scripts of the registry's", async (t) => {
  const page = await person(browser, t, { of: url });
  page.on("response", (response) => {
    const isPage = response.url().startsWith(url) && response.headers()["content-type"]?.startsWith("text/html");
    // A promise, which `look` awaits: the text may arrive after the page is shown.
    if (isPage) page.sent = response.text();
  });
  const press = (name) => page.getByRole("button", { name, exact: true }).first().click();
  const fill = (label, text) => page.getByLabel(label, { exact: true }).fill(text);
  await page.goto(`${url}/-/tokens`);
  await look(page, "sign in");
  await signIn(page, url, "alice");
  await look(page, "choose a name");
  await fill("Name", "admin");
  await press("Take this name");
  await page.getByRole("alert").waitFor();
  await look(page, "choose a name, refused");
  await fill("Name", "alice");
  await press("Take this name");
  await look(page, "account");
  await page.goto(`${url}/-/my`);
  await look(page, "own modules");
  await page.getByRole("main").getByRole("link", { name: "alice" }).click();
  await look(page, "modules of an owner");
  await page.goto(`${url}/-/tokens`);
  await look(page, "no tokens");
  await fill("Name", '<img src=x onerror="alert(1)">');
  await press("Make the token");
  await page.getByRole("heading", { name: "Your new token" }).waitFor();
  await look(page, "a new token");
  await page.goto(`${url}/-/tokens`);
  assert.equal(await page.locator("main img").count(), 0);
  await look(page, "tokens");
  await page.goto(`${url}/-/organizations`);
  await look(page, "no organizations");
  await fill("Name", "acme");
  await press("Make the organization");
  await look(page, "an organization");
  await fill("Name of the robot", "acme-ci");
  await press("Make the robot");
  await look(page, "a robot");
  await fill("Claims", "repository_id=1234\nref=refs/heads/main");
  await press("Trust these");
  await page.getByText("repository_id = 1234").waitFor();
  await fill("Name", "release");
  await press("Make the token");
  await page.getByRole("link", { name: "To the list" }).click();
  await look(page, "a robot with a trust and a token");
  await fill("Claims", "ref=refs/heads/main");
  await press("Trust these");
  await page.getByText("lets in others who use the same issuer").waitFor();
  await look(page, "a problem");
  await page.goto(`${url}/-/organizations/acme/robots/acme-ci`);
  await press(`End the trust in ${ISSUER}`);
  await press("Revoke release");
  await press("Disable");
  await page.getByText("It is disabled").waitFor();
  await look(page, "a robot that is disabled");
  await page.goto(`${url}/-/organizations/acme`);
  await look(page, "an organization with a robot");
  await page.goto(`${url}/-/organizations`);
  await look(page, "organizations");

  const form = (body) => ({ method: "POST", headers: { "content-type": "application/x-www-form-urlencoded" }, body });
  const call = async (path, options) => (await fetch(`${registry.url}/oauth2/device/${path}`, options)).json();
  const client = await call("registration", { method: "POST", body: JSON.stringify({ client_name: "<b>laptop</b>" }) });
  const { client_id, client_secret } = client;
  const { verification_uri_complete } = await call("authorization", form(new URLSearchParams({ client_id, client_secret })));
  await page.goto(verification_uri_complete);
  await look(page, "a device's code");
  await press("Show the device");
  await page.getByText("<b>laptop</b>").waitFor();
  await look(page, "a device that asks");
  await press("Let it in");
  await look(page, "a device that was let in");
  assert.equal((await page.goto(`${url}/-/organizations/nobody`)).status(), 404);
  await look(page, "nothing there");
});

test("all of them are valid HTML", async (t) => {
  assert.ok(sent.size >= 17, `${sent.size} pages`);
  await validate(t, sent);
});

test("no page is kept by a cache, and each forbids what is not ours", async () => {
  for (const at of ["/-/login", "/-/tokens", "/-/login/name", "/-/login/start"]) {
    const { headers } = await fetch(`${registry.url}${at}`, { redirect: "manual" });
    assert.equal(headers.get("cache-control"), "private, no-store", at);
    assert.match(headers.get("content-security-policy"), /default-src 'none'.*frame-ancestors 'none'/, at);
    assert.equal(headers.get("x-content-type-options"), "nosniff", at);
    assert.equal(headers.get("referrer-policy"), "same-origin", at);
  }
});
