// What every page must be: accessible, as narrow as a small phone, quiet, and valid.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { HtmlValidate } from "html-validate";
import { ok, scratch, write } from "../../e2e/lib/run.mjs";

const require = createRequire(import.meta.url);
const AXE = await readFile(require.resolve("axe-core/axe.min.js"), "utf8");
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** Light and dark, at the width of a desk and at that of a small phone. */
export const LOOKS = ["light", "dark"].flatMap((colorScheme) => [1280, 320].map((width) => ({ colorScheme, width })));

/** Looks at a page that is open: no violation of what axe knows, no sideways scroll, nothing said on the console. */
export async function look(page, what, looks = LOOKS) {
  for (const { colorScheme, width } of looks) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 800 });
    // The page's own policy forbids a script in it; a debugger's is run beside it.
    const { violations } = await page.evaluate(`${AXE}; axe.run({ runOnly: ${JSON.stringify(TAGS)} })`);
    const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
    assert.deepEqual(found, [], `${what}, ${colorScheme}, ${width} px`);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(wide <= 0, `${what} scrolls sideways at ${width} px, by ${wide} px`);
  }
  await page.setViewportSize({ width: 1280, height: 800 });
  assert.deepEqual(page.said, [], what);
}

/** Makes sure that pages are valid HTML, by two validators; `pages` is a map of what each is to its HTML. */
export async function validate(t, pages) {
  const style = new HtmlValidate({
    extends: ["html-validate:recommended"],
    // What renders is one line, and what may be written in two ways is written in one.
    rules: { "long-title": "off", "no-trailing-whitespace": "off", "void-style": "off" },
  });
  const folder = await scratch(t);
  const files = [...pages].map(([what, html], place) => [`${place} ${what.replaceAll(/\W+/g, "-")}.html`, html]);
  await write(folder, Object.fromEntries(files));
  for (const [name, html] of files) {
    const { results } = await style.validateString(html);
    const found = results.flatMap(({ messages }) => messages.map(({ line, column, message }) => `${line}:${column} ${message}`));
    assert.deepEqual(found, [], name);
  }
  const nu = require.resolve("vnu-jar/build/dist/vnu.jar");
  await ok("java", ["-jar", nu, "--errors-only", ...files.map(([name]) => path.join(folder, name))]);
}
