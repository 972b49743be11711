// A registry on a laptop: without TLS, and without an identity provider. People sign in with tokens.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { launch, person } from "../browser/lib/browser.mjs";
import { Registry } from "../clients/lib/parts.mjs";

const registry = await Registry.create({ generatorUrl: "http://127.0.0.1:9", vars: {} });
const browser = await launch();
after(async () => {
  await browser.close();
  await registry.stop({ keep: process.env.KEEP !== undefined });
});
await registry.startWorker();
const { url } = registry;
const admin = registry.environment().ADMIN_TOKEN;

async function token(user) {
  const expires = new Date(Date.now() + 86_400_000).toISOString();
  const reply = await fetch(`${url}/-/admin/tokens`, {
    method: "POST",
    headers: { authorization: `Bearer ${admin}` },
    body: JSON.stringify({ user, expires }),
  });
  return reply.json();
}

/** Fills the one field of the sign-in. */
async function signIn(page, text) {
  await page.goto(`${url}/-/login`);
  await page.locator("input[name=token]").fill(text);
  await page.getByRole("button", { name: "Sign in" }).click();
}

test("a person signs in with a token, for as long as that is good", async (t) => {
  const page = await person(browser, t);
  await signIn(page, "wrong");
  await page.getByText("This token is good for nothing here").waitFor();
  const { token: text, id } = await token("ada");
  await signIn(page, text);
  await page.getByRole("heading", { name: "ada" }).waitFor();
  await page.getByRole("navigation").getByRole("link", { name: "Tokens" }).click();
  await page.getByText("made by an administrator").waitFor();
  await fetch(`${url}/-/api/users/ada/tokens/${id}`, { method: "DELETE", headers: { authorization: `Bearer ${admin}` } });
  await new Promise((resolve) => setTimeout(resolve, 10_000));
  await page.goto(`${url}/-/account`);
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
});

test("an administrator looks after an organization", async (t) => {
  const page = await person(browser, t);
  await token("bea");
  await signIn(page, admin);
  await page.getByText("with the administrators' token").waitFor();
  await page.getByRole("link", { name: "Organizations" }).click();
  await page.getByLabel("Name", { exact: true }).fill("acme");
  await page.getByRole("button", { name: "Make the organization" }).click();
  await page.getByLabel("Person").fill("bea");
  await page.getByLabel("Role", { exact: true }).selectOption("owner");
  await page.getByRole("button", { name: "Add" }).click();
  await page.getByRole("row", { name: /^bea owner/ }).waitFor();
  await page.getByRole("link", { name: "Account" }).click();
  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  assert.deepEqual(await page.context().cookies(), []);
});
