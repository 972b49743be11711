// Makes pictures of the main pages: scripts/pages FOLDER.

import { mkdir, stat } from "node:fs/promises";
import path from "node:path";
import { launch } from "../browser/lib/browser.mjs";
import { scene, settle } from "./lib/scene.mjs";

/** A picture is to be looked at in a document: no larger than this, in bytes. */
const LARGEST = 100_000;

const PAGES = [
  ["home", "/"],
  ["search", "/-/search?q=weather"],
  ["owner", "/acme"],
  ["module", "/acme/weather"],
  ["sdk", "/acme/weather/sdks/main:connectrpc/go"],
  ["sdk-dark", "/acme/weather/sdks/main:bufbuild/es?pm=pnpm", "dark"],
  ["rejected", "/acme/broken/sdks/main:protocolbuffers/go"],
  ["file", "/acme/weather/file/main:acme/weather/v1/weather.proto"],
  ["plugin", "/-/plugins/connectrpc/go"],
  ["guide", "/-/guide/go"],
];

const [, , folder] = process.argv;
if (!folder) {
  console.error("usage: scripts/pages FOLDER");
  process.exit(2);
}
await mkdir(folder, { recursive: true });
const { registry } = await scene({ isFriendly: true });
const browser = await launch();
try {
  for (const plugin of ["connectrpc/go", "protocolbuffers/go", "bufbuild/es"]) {
    await settle(registry.url, `/acme/weather/sdks/main:${plugin}`);
  }
  for (const [name, at, colorScheme = "light"] of PAGES) {
    const context = await browser.newContext({ colorScheme, viewport: { width: 960, height: 560 } });
    const page = await context.newPage();
    await page.goto(`${registry.url}${at}`);
    const file = path.join(folder, `${name}.png`);
    await page.screenshot({ path: file });
    await context.close();
    const { size } = await stat(file);
    console.log(`${file}\t${size} bytes`);
    if (size > LARGEST) throw new Error(`${file} has ${size} bytes, ${LARGEST} are allowed`);
  }
} finally {
  await browser.close();
  await registry.stop();
}
