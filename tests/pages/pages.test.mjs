// Every page about what is in the registry as a person sees it: complete without scripts, valid, accessible, light, and nothing of
// what somebody wrote becomes anything but text.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import { launch, person } from "../browser/lib/browser.mjs";
import { LOOKS, look, validate } from "../browser/lib/checks.mjs";
import { HOSTILE, scene, settle } from "./lib/scene.mjs";

// What a page may weigh, gzipped, and how many requests it may cause.
const HTML = 15 * 1024;
const STYLE = 8 * 1024;
const SCRIPT = 3 * 1024;
const REQUESTS = 3;

// All looks with scripts and without in `scripts/test all`; one of each otherwise.
const ALL = process.env.ALL_LOOKS !== undefined;
const VISITS = ALL
  ? [true, false].flatMap((javaScriptEnabled) => LOOKS.map((it) => ({ ...it, javaScriptEnabled })))
  : [{ ...LOOKS[0], javaScriptEnabled: true }, { ...LOOKS[3], javaScriptEnabled: false }];

let made;
let browser;
before(async () => {
  made = await scene();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await made?.registry.stop({ keep: process.env.KEEP !== undefined });
});
const url = () => made.registry.url;

/** The HTML of every page, by what it is. */
const sent = new Map();

/** Every page: what it is, its address, and its status. */
function pages() {
  const { commits } = made;
  const weather = commits.weather.slice(0, 12);
  return [
    ["home", "/"],
    ["search", "/-/search?q=weather"],
    ["search for a commit", `/-/search?q=${weather.slice(0, 9)}`],
    ["search for nothing there", "/-/search?q=wether"],
    ["search for all", "/-/search"],
    ["search for hostile words", `/-/search?q=${encodeURIComponent(HOSTILE[0])}`],
    ["owner", "/acme"],
    ["module", "/acme/weather"],
    ["module at a commit", `/acme/weather?ref=${weather}`],
    ["module at a label with a slash", "/acme/weather?ref=feature%2Fx"],
    ["module without a readme", "/acme/units"],
    ["module without commits", "/acme/empty"],
    ["deprecated module", "/acme/ancient"],
    ["hostile module", "/acme/odd"],
    ["withheld module", "/acme/withheld", 451],
    ["SDKs", "/acme/weather/sdks/main"],
    ["SDK for Go", "/acme/weather/sdks/main:connectrpc/go"],
    ["SDK for npm", "/acme/weather/sdks/main:bufbuild/es"],
    ["SDK for yarn", "/acme/weather/sdks/main:bufbuild/es?pm=yarn"],
    ["SDK of a commit", `/acme/weather/sdks/${weather}:protocolbuffers/go`],
    ["SDK of a label with a slash", "/acme/weather/sdks/feature%2Fx:protocolbuffers/go"],
    ["SDK of an archived label", "/acme/weather/sdks/old:protocolbuffers/go"],
    ["SDK by an older plugin", "/acme/weather/sdks/main:protocolbuffers/go?version=v1.36.6"],
    ["SDK that is rejected", "/acme/broken/sdks/main:protocolbuffers/go"],
    ["SDK of a hostile module", "/acme/odd/sdks/main:protocolbuffers/go"],
    ["files", "/acme/weather/tree/main"],
    ["file with links", "/acme/weather/file/main:acme/weather/v1/weather.proto"],
    ["file that is no proto", "/acme/weather/file/main:LICENSE"],
    ["hostile file", "/acme/odd/file/main:acme/odd/v1/odd.proto"],
    ["long file", "/acme/odd/file/main:README.md"],
    ["commits", "/acme/weather/commits/main"],
    ["commit", `/acme/weather/commit/${weather}`],
    ["labels", "/acme/weather/labels"],
    ["archived labels", "/acme/weather/labels?archived=yes"],
    ["dependencies", "/acme/weather/deps/main"],
    ["dependents", "/acme/units/deps/main"],
    ["plugins", "/-/plugins"],
    ["plugin", "/-/plugins/connectrpc/go"],
    ["plugin at a version", "/-/plugins/bufbuild/es?version=v2.5.2"],
    ["guide", "/-/guide"],
    ...["go", "npm", "python", "archive", "buf", "ci", "proxy", "bots"].map((chapter) => [`guide to ${chapter}`, `/-/guide/${chapter}`]),
    ["nothing there", "/acme/nothing", 404],
    ["no such label", "/acme/weather/sdks/nowhere", 404],
    ["no such file", "/acme/weather/file/main:no.proto", 404],
  ].map(([what, at, status = 200]) => ({ what, at, status }));
}

/** Opens a page in a window of its own; gives it with what was asked for meanwhile. */
async function open(t, at, { colorScheme, width, javaScriptEnabled }) {
  const page = await person(browser, t, { of: url(), javaScriptEnabled, colorScheme, viewport: { width, height: 800 } });
  const asked = [];
  page.on("request", (request) => asked.push(request.url()));
  // Written down by the browser from the first paint on, whatever the page's policy allows.
  const session = await page.context().newCDPSession(page);
  await session.send("PerformanceTimeline.enable", { eventTypes: ["layout-shift"] });
  const shifts = [];
  session.on("PerformanceTimeline.timelineEventAdded", ({ event }) => shifts.push(event.layoutShiftDetails));
  const reply = await page.goto(`${url()}${at}`);
  return { page, reply, asked, shifts };
}

/** Without scripts there is no button that does nothing, and the page is as narrow. */
async function lookWithoutScripts(page, named) {
  assert.equal(await page.locator("button.copy").filter({ visible: true }).count(), 0, named);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(wide <= 0, `${named} scrolls sideways by ${wide} px`);
  assert.deepEqual(page.said, [], named);
}

test("every page is accessible, quiet and light, in every look", async (t) => {
  // Some are ready, others were never asked for.
  assert.equal((await settle(url(), "/acme/weather/sdks/main:connectrpc/go")).is, "ready");
  assert.equal((await settle(url(), "/acme/weather/sdks/main:bufbuild/es")).is, "ready");
  for (const { what, at, status } of pages()) {
    for (const visit of VISITS) {
      const { page, reply, asked, shifts } = await open(t, at, visit);
      const named = `${what}, ${JSON.stringify(visit)}`;
      assert.equal(reply.status(), status, named);
      sent.set(what, await reply.text());
      if (visit.javaScriptEnabled) await look(page, named, [visit]);
      else await lookWithoutScripts(page, named);
      assert.ok(asked.length <= REQUESTS + 1, `${named} asks for ${asked}`);
      assert.ok(asked.every((it) => it.startsWith(url())), `${named} asks elsewhere: ${asked}`);
      // What moves since the window was made wider is no shift, as browsers count them.
      const unasked = shifts.filter(({ hadRecentInput }) => !hadRecentInput);
      assert.equal(unasked.reduce((sum, { value }) => sum + value, 0), 0, `${named} shifts: ${JSON.stringify(unasked)}`);
      await page.context().close();
    }
  }
});

test("all of them are valid HTML", async (t) => {
  assert.equal(sent.size, pages().length);
  // Two megabytes of one line are beyond what the validators read in time.
  await validate(t, new Map([...sent].filter(([, html]) => html.length < 500_000)));
});

test("pages weigh little", async () => {
  const weights = [...sent].map(([what, html]) => [gzipSync(html).length, what]).toSorted(([a], [b]) => b - a);
  for (const [weight, what] of weights) assert.ok(weight <= HTML || what.startsWith("hostile") || what.startsWith("long"), `${what}: ${weight} bytes`);
  const [, style] = /href="(\/-\/assets\/\w+\.css)"/.exec(sent.get("home"));
  const [, script] = /src="(\/-\/assets\/\w+\.js)"/.exec(sent.get("home"));
  for (const [at, most] of [[style, STYLE], [script, SCRIPT]]) {
    const reply = await fetch(`${url()}${at}`);
    assert.equal(reply.headers.get("cache-control"), "public, max-age=31536000, immutable", at);
    assert.equal(reply.headers.get("x-content-type-options"), "nosniff", at);
    const weight = gzipSync(await reply.text()).length;
    assert.ok(weight <= most, `${at}: ${weight} bytes`);
  }
  // They are served before the Worker, which has them, too.
  const log = await readFile(path.join(made.registry.folder, "worker.log"), "utf8");
  assert.ok(log.includes('"path":"/acme/weather"'));
  assert.ok(!log.includes('"path":"/-/assets/'));
});

test("what somebody wrote is text", async (t) => {
  for (const { what, at } of pages().filter(({ what }) => what.includes("hostile") || what.startsWith("long"))) {
    const page = await person(browser, t, { of: url() });
    page.on("dialog", () => assert.fail(`${what} runs a script`));
    await page.goto(`${url()}${at}`);
    assert.equal(await page.locator("main script, main img, main style, main iframe, main textarea, main [onerror], main [onfocus]").count(), 0, what);
    const hrefs = await page.locator("a").evaluateAll((links) => links.map((link) => link.protocol));
    assert.deepEqual([...new Set(hrefs)].filter((protocol) => !["http:", "https:", "mailto:"].includes(protocol)), [], what);
    const text = await page.content();
    assert.doesNotMatch(text, /[\u202a-\u202e\u2066-\u2069]/u, what);
    assert.deepEqual(page.said, [], what);
  }
});

describe("headers", () => {
  test("every page forbids what is not ours", async () => {
    for (const { what, at } of pages()) {
      const { headers } = await fetch(`${url()}${at}`);
      assert.match(headers.get("content-security-policy"), /default-src 'none'.*frame-ancestors 'none'.*require-trusted-types-for 'script'/, what);
      assert.equal(headers.get("x-content-type-options"), "nosniff", what);
      assert.equal(headers.get("referrer-policy"), "same-origin", what);
      assert.equal(headers.get("cross-origin-opener-policy"), "same-origin", what);
      assert.match(headers.get("cache-control"), /^(public, no-cache|no-store)$/, what);
    }
  });

  test("what a file says is run by no browser", async () => {
    const reply = await fetch(`${url()}/acme/odd/raw/main:README.md`);
    assert.equal(reply.headers.get("content-type"), "text/plain; charset=utf-8");
    assert.equal(reply.headers.get("content-security-policy"), "default-src 'none'; sandbox");
    assert.equal(reply.headers.get("x-content-type-options"), "nosniff");
    assert.match(await reply.text(), /<script>/);
  });

  test("a page that has not changed is not sent again", async () => {
    for (const { what, at } of pages().filter(({ status }) => status === 200)) {
      const first = await fetch(`${url()}${at}`);
      const etag = first.headers.get("etag");
      const again = await fetch(`${url()}${at}`, { headers: { "if-none-match": etag } });
      assert.equal(again.status, 304, `${what}: ${etag}`);
    }
  });
});

test("every page says the same as JSON", async () => {
  for (const { what, at, status } of pages()) {
    const reply = await fetch(`${url()}${at}${at.includes("?") ? "&" : "?"}format=json`);
    assert.equal(reply.status, status, what);
    assert.equal(reply.headers.get("content-type"), "application/json", what);
    const json = await reply.json();
    assert.equal(status === 200, json.error === undefined, what);
  }
});

test("the document says of JSON what there is", async () => {
  const text = await readFile(path.join(import.meta.dirname, "..", "..", "docs", "pages.md"), "utf8");
  const rows = text.split("| page | members |")[1].split("\n\n")[0].split("\n").filter((line) => line.startsWith("| ") );
  const said = new Map(rows.map((line) => line.split("|").slice(1, 3).map((cell) => cell.trim())));
  const names = (cell) => [...cell.matchAll(/`([a-z_]+)`/g)].map(([, name]) => name);
  const at = {
    "`sdks`": "/acme/weather/sdks/main:connectrpc/go",
    "the module": "/acme/weather",
    "`tree`": "/acme/weather/tree/main",
    "`file`": "/acme/weather/file/main:acme/weather/v1/weather.proto",
    "`commits`": "/acme/weather/commits/main",
    "`commit`": `/acme/weather/commit/${made.commits.weather}`,
    "`labels`": "/acme/weather/labels",
    "`deps`": "/acme/weather/deps/main",
    "`/`": "/",
    "an owner": "/acme",
    "the search": "/-/search?q=weather",
    "the plugins": "/-/plugins",
    "a plugin": "/-/plugins/connectrpc/go",
    "a chapter of the guide": "/-/guide/go",
  };
  assert.deepEqual([...said.keys()], ["all pages of a module", ...Object.keys(at)]);
  for (const [page, address] of Object.entries(at)) {
    const { module, ...json } = await (await fetch(`${url()}${address}${address.includes("?") ? "&" : "?"}format=json`)).json();
    if (module) assert.deepEqual(Object.keys(module).toSorted(), names(said.get("all pages of a module")).filter((it, n) => n > 0).toSorted());
    const all = JSON.stringify(json);
    for (const name of names(said.get(page))) assert.ok(all.includes(`"${name}":`), `${page}: ${name}`);
    for (const name of Object.keys(json)) assert.ok(names(said.get(page)).includes(name), `${page} lacks ${name}`);
  }
});

test("no link of a page leads nowhere", async () => {
  const seen = new Set(["/"]);
  const queue = ["/"];
  const dead = [];
  while (queue.length > 0) {
    const at = queue.shift();
    const reply = await fetch(`${url()}${at}`, { redirect: "manual" });
    if (reply.status >= 400 && reply.status !== 451) dead.push(`${at}: ${reply.status}`);
    if (!reply.headers.get("content-type")?.startsWith("text/html")) continue;
    const html = await reply.text();
    for (const [, href] of html.matchAll(/<a [^>]*?href="([^"]*)"/g)) {
      const next = new URL(href.replaceAll("&amp;", "&"), `${url()}${at}`);
      const path = `${next.pathname}${next.search}`;
      // What the hostile module's author made up is the author's.
      if (next.origin !== url() || seen.has(path) || path.startsWith("/acme/odd")) continue;
      seen.add(path);
      queue.push(path);
    }
    for (const [, id] of html.matchAll(/<a [^>]*?href="#([^"]+)"/g)) {
      if (!html.includes(` id="${id}"`)) dead.push(`${at}: #${id}`);
    }
  }
  assert.deepEqual(dead, []);
  assert.ok(seen.size > 100, `${seen.size} pages`);
});

test("every address of a private module is that of a module that is not there", async () => {
  const places = ["", "/sdks", "/sdks/main", "/sdks/main:protocolbuffers/go", "/sdks/main:bufbuild/es?wait=5", "/tree/main",
    "/file/main:acme/secret/v1/s.proto", "/raw/main:acme/secret/v1/s.proto", "/definition/main:acme/secret/v1/s.proto?type=S", "/commits/main",
    `/commit/${made.commits.secret}`, "/labels", "/deps/main", "?format=json", "?ref=main"];
  for (const place of places) {
    const seen = await Promise.all(
      ["secret", "absent"].map(async (name) => {
        const reply = await fetch(`${url()}/acme/${name}${place}`, { redirect: "manual" });
        const headers = [...reply.headers].filter(([name]) => name !== "date");
        return { status: reply.status, headers, body: await reply.text() };
      }),
    );
    assert.deepEqual(seen[0], seen[1], place);
    assert.equal(seen[0].status, 404, place);
  }
  for (const at of ["/", "/acme", "/-/search", "/-/search?q=secret", `/-/search?q=${made.commits.secret.slice(0, 12)}`, "/acme/units/deps/main"]) {
    const body = await (await fetch(`${url()}${at}`)).text();
    // The search shows the words again.
    assert.ok(!body.includes("acme/secret"), at);
  }
});
