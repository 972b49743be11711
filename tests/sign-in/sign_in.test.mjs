// People sign in at an identity provider that comes as a package, with a real browser: make a token and install with it, let the
// buf command in, join by a group.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdir, readFile } from "node:fs/promises";
import path from "node:path";
import { after, test } from "node:test";
import { launch, person } from "../browser/lib/browser.mjs";
import { Registry, freePort } from "../clients/lib/parts.mjs";
import { signIn, signUp } from "./lib/people.mjs";
import { OpenIdProvider } from "./lib/provider.mjs";

const generator = await freePort();
const port = await freePort();
const registry = await Registry.create({
  tls: true,
  generatorUrl: `http://127.0.0.1:${generator}`,
  vars: {},
});
const provider = await OpenIdProvider.listen(port, registry.publicUrl);
const GROUPS = [{ group: "engineering", organization: "acme", role: "write" }];
registry.set({ ...provider.settings, OIDC_GROUPS: JSON.stringify(GROUPS), OIDC_MAIL_DOMAINS: "example.com" });
const browser = await launch();
after(async () => {
  await browser.close();
  provider.close();
  await registry.stop({ keep: process.env.KEEP !== undefined });
});
await registry.startWorker();
await Promise.all([registry.publishCatalogue(), registry.startGenerator(generator)]);
Object.assign(process.env, registry.environment());
const { Buf } = await import("../e2e/lib/buf.mjs");
const { bufHost, npmPackage } = await import("../e2e/lib/registry.mjs");
const { single } = await import("../e2e/lib/protos.mjs");
const { ok, scratch, write } = await import("../e2e/lib/run.mjs");
const url = registry.publicUrl;

/** The secret on a page that shows it this once, and all lines that it offers. */
async function offered(page) {
  await page.getByRole("heading", { name: "Your new token" }).waitFor();
  return page.locator(".cmd code").allTextContents();
}

test("a person signs in, makes a token, and npm installs with it", async (t) => {
  const page = await person(browser, t, { of: url });
  await signUp(page, url, "alice");
  await page.getByRole("heading", { name: "alice" }).waitFor();
  await page.getByRole("link", { name: "Organizations" }).click();
  await page.getByLabel("Name", { exact: true }).fill("acme");
  await page.getByRole("button", { name: "Make the organization" }).click();
  await page.getByRole("heading", { name: "acme" }).waitFor();

  await page.getByRole("link", { name: "Tokens" }).click();
  await page.getByLabel("Name", { exact: true }).fill("laptop");
  await page.getByLabel("Write: push").check();
  await page.getByRole("button", { name: "Make the token" }).click();
  const [token, netrc, npmrc] = await offered(page);
  assert.match(token, /^protoedge_/);

  const buf = await Buf.create(t, "");
  await write(buf.home, { ".netrc": netrc });
  const folder = await buf.module("acme/secret", single("Secret"));
  await buf.ok(["registry", "whoami", bufHost]).then((said) => assert.match(said, /alice/));
  // The token is good to push, and not to make a module.
  const admin = await Buf.create(t);
  await admin.ok(["registry", "module", "create", `${bufHost}/acme/secret`, "--visibility", "private"]);
  await buf.ok(["push", folder]);

  const project = await scratch(t);
  await write(project, { ".npmrc": npmrc, "package.json": "{}" });
  await ok("npm", ["install", npmPackage("acme/secret", "bufbuild/es")], { cwd: project });

  await page.goto(`${url}/-/tokens`);
  await page.getByRole("button", { name: "Revoke laptop" }).click();
  await page.getByText("There is none yet.").waitFor();
  assert.deepEqual(page.said, []);
});

/** `buf registry login`, whose browser is a program that notes where it is sent. Gives the address, and what the login prints at its end. */
async function login(t, buf) {
  const bin = path.join(buf.home, "bin");
  await mkdir(bin);
  await write(bin, { "xdg-open": `#!/bin/sh\nprintf '%s' "$1" > '${buf.home}/opened'\n` });
  await ok("chmod", ["+x", path.join(bin, "xdg-open")]);
  const env = { ...process.env, ...buf.env, PATH: `${bin}:${process.env.PATH}` };
  const child = spawn("buf", ["registry", "login", bufHost], { env, stdio: ["ignore", "pipe", "pipe"] });
  t.after(() => child.kill());
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (said += text));
  const ended = new Promise((resolve) => child.once("close", (code) => resolve({ code, said })));
  await Promise.race([ended, eventually(() => said.includes("user_code="))]);
  const [address] = /https:\S+user_code=\S+/.exec(said) ?? assert.fail(said);
  assert.equal(await readFile(`${buf.home}/opened`, "utf8"), address);
  return { address, ended };
}

async function eventually(isSo) {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 50));
}

test("buf is let in by a person who compares its code, and pushes", async (t) => {
  const page = await person(browser, t);
  const buf = await Buf.create(t, "");
  const { address, ended } = await login(t, buf);
  const code = new URL(address).searchParams.get("user_code");
  // The address leads to the sign-in first, and back.
  await page.goto(address);
  await page.getByRole("link", { name: /^Sign in with/ }).click();
  await page.locator("input[name=login]").fill("alice");
  await page.locator("input[name=password]").fill("any");
  await page.locator("button[type=submit]").click();
  await page.getByRole("button", { name: "Continue" }).click();
  assert.equal(await page.getByLabel("Code").inputValue(), code);
  await page.getByRole("button", { name: "Show the device" }).click();
  await page.getByRole("heading", { name: "Did you start this just now?" }).waitFor();
  assert.equal(await page.locator(".code").textContent(), code);
  await page.getByRole("button", { name: "Let it in" }).click();
  await page.getByRole("heading", { name: "The device is let in" }).waitFor();
  const { code: exit, said } = await ended;
  assert.equal(exit, 0, said);
  assert.match(said, /Logged in as alice\./);

  const folder = await buf.module("alice/mine", single("Mine"));
  const admin = await Buf.create(t);
  await admin.ok(["registry", "module", "create", `${bufHost}/alice/mine`, "--visibility", "public"]);
  await buf.ok(["push", folder]);
  await page.goto(`${url}/-/tokens`);
  const { hostname } = await import("node:os");
  await page.getByRole("button", { name: `Revoke ${hostname()}` }).waitFor();
});

test("a device that is refused gets nothing, and says so", async (t) => {
  const page = await person(browser, t);
  const buf = await Buf.create(t, "");
  await signIn(page, url, "alice");
  const { address, ended } = await login(t, buf);
  await page.goto(address);
  await page.getByRole("button", { name: "Show the device" }).click();
  await page.getByRole("button", { name: "Refuse" }).click();
  const { code, said } = await ended;
  assert.equal(code, 1);
  assert.match(said, /let nobody in/);
});

test("a second person is in an organization by a group, and pushes to it", async (t) => {
  const page = await person(browser, t);
  await signUp(page, url, "bob");
  await page.getByRole("link", { name: "Organizations" }).click();
  await page.getByRole("link", { name: "acme" }).click();
  await page.getByRole("row", { name: /bob write by a group, until/ }).waitFor();
  await page.getByRole("link", { name: "Tokens" }).click();
  await page.getByLabel("Name", { exact: true }).fill("work");
  await page.getByLabel("Write: push").check();
  await page.getByRole("button", { name: "Make the token" }).click();
  const [token] = await offered(page);
  const buf = await Buf.create(t, token);
  const folder = await buf.module("acme/secret", single("Secrets"));
  await buf.ok(["push", folder]);
});

test("who may not sign in, and which names are nobody's", async (t) => {
  const refused = async (login, words) => {
    const page = await person(browser, t);
    await signIn(page, url, login);
    await page.getByText(words).waitFor();
  };
  await refused("carol", "only persons with a verified mail address of example.com");
  await refused("dave", "only persons with a verified mail address of example.com");
  const page = await person(browser, t);
  // A name in other letters that looks like alice is no name here.
  await signIn(page, url, "twin");
  assert.equal(await page.getByLabel("Name", { exact: true }).inputValue(), "");
  for (const [name, words] of [
    ["alice", "already"],
    ["al1ce", "looks like alice"],
    ["acme", "already"],
    ["admin", "the registry's own"],
    ["googleapis", "reserved"],
    ["\u0430lice", "Not done."],
  ]) {
    await page.getByLabel("Name", { exact: true }).fill(name);
    await page.getByRole("button", { name: "Take this name" }).click();
    const said = await page.getByRole("alert").textContent();
    assert.ok(said.includes(words), `${name}: ${said}`);
  }
  await page.getByLabel("Name", { exact: true }).fill("twin");
  await page.getByRole("button", { name: "Take this name" }).click();
  await page.getByRole("heading", { name: "twin" }).waitFor();
});

test("signing out everywhere ends other sessions within ten seconds", async (t) => {
  const [one, other] = [await person(browser, t), await person(browser, t)];
  await signIn(one, url, "alice");
  await signIn(other, url, "alice");
  await other.goto(`${url}/-/account`);
  await other.getByRole("heading", { name: "alice" }).waitFor();
  await one.goto(`${url}/-/account`);
  await one.getByRole("button", { name: "Sign out everywhere" }).click();
  await one.getByRole("heading", { name: "Sign in" }).waitFor();
  await new Promise((resolve) => setTimeout(resolve, 10_000));
  await other.goto(`${url}/-/account`);
  await other.getByRole("heading", { name: "Sign in" }).waitFor();
});

test("a person who is disabled is out within ten seconds, with pages and tokens", async (t) => {
  const page = await person(browser, t);
  await signIn(page, url, "bob");
  await page.goto(`${url}/-/tokens`);
  await page.getByLabel("Name", { exact: true }).fill("other");
  await page.getByRole("button", { name: "Make the token" }).click();
  const [token] = await offered(page);
  const buf = await Buf.create(t, token);
  await buf.ok(["registry", "whoami", bufHost]);
  const change = (disabled) =>
    fetch(`${registry.url}/-/api/users/bob`, {
      method: "PATCH",
      headers: { authorization: `Bearer ${process.env.ADMIN_TOKEN}` },
      body: JSON.stringify({ disabled }),
    });
  assert.equal((await change(true)).status, 200);
  t.after(() => change(false));
  await new Promise((resolve) => setTimeout(resolve, 10_000));
  await page.goto(`${url}/-/account`);
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await buf.fails(["registry", "whoami", bufHost]);
  const again = await person(browser, t);
  await signIn(again, url, "bob");
  await again.getByText("bob is disabled").waitFor();
});
