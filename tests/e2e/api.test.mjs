// What docs/api.md says is run as it stands there, and prints what stands there.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { fresh } from "./lib/registry.mjs";
import { run, scratch, write } from "./lib/run.mjs";

const PAGE = path.join(import.meta.dirname, "..", "..", "docs", "api.md");

test("the lines of the page do what it says", async (t) => {
  const text = await readFile(PAGE, "utf8");
  const names = { wonder: fresh("wonder"), alice: fresh("alice"), bob: fresh("bob") };
  const renamed = Object.entries(names).reduce((all, [from, to]) => all.replaceAll(from, to), text);
  const blocks = [...renamed.matchAll(/^```(\w+)\n(.*?)\n```$/gms)];
  const of = (kind) => blocks.filter((it) => it[1] === kind).flatMap((it) => it[2].split("\n"));
  const home = await scratch(t);
  await write(home, { script: of("sh").join("\n") });
  const script = path.join(home, "script");
  const { code, stdout, stderr } = await run("bash", ["-euo", "pipefail", script], { cwd: home, env: { HOME: home } });
  assert.equal(code, 0, `${stdout}\n${stderr}`);
  const printed = new Set(stdout.split("\n").map(lasting));
  const wanted = of("json");
  assert.ok(wanted.length > 10, "the page shows replies");
  for (const line of wanted.map(lasting)) assert.ok(printed.has(line), `no line ${line} in\n${stdout}`);
});

/** A line without what differs from run to run: ids, times, the texts of tokens. */
function lasting(line) {
  return line
    .replaceAll(/"token":"protoedge_[^"]*"/g, '"token":"TEXT"')
    .replaceAll(/"secret":"whsec_[^"]*"/g, '"secret":"TEXT"')
    .replaceAll(/\b[0-9a-f]{32}\b/g, "ID")
    .replaceAll(/\b\d{13}-[0-9a-f]{12}\b/g, "ENTRY")
    .replaceAll(/\b[0-9a-f]{12}\b/g, "ID")
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "TIME");
}
