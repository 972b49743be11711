// docs/adding-an-ecosystem.md says where an ecosystem is named: those places and no others.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { bare, withoutTests } from "./rust.mjs";

const root = path.join(import.meta.dirname, "..", "..");
const read = (file) => readFileSync(path.join(root, file), "utf8");
const files = execFileSync("git", ["ls-files", "crates", "src"], { cwd: root, encoding: "utf8" }).trim().split("\n");
const page = read("docs/adding-an-ecosystem.md");

/** Files that are an ecosystem's own: `ecosystem/go.rs`, `ecosystem/go/…`. */
const isOwn = (file) => /\/ecosystem\/(go|npm|python|archive|test_ecosystem)(\.rs|\/)/.test(file);
const isProduction = (file) => /^(src|crates\/[^/]+\/src)\/.*\.rs$/.test(file);

const section = (heading) => page.split(`\n## ${heading}\n`)[1].split("\n## ")[0];
const rows = (heading) => section(heading).split("\n").filter((line) => line.startsWith("| `"));

/** The arms that the compiler asks for, by the page. */
const arms = rows("The crates").map((row) => row.split("`")[1]);

test("what names the ecosystem for tests is in the table, and the table names nothing else", () => {
  const named = files.filter((file) => isProduction(file) && !isOwn(file) && /test[-_]ecosystem/.test(read(file)));
  // The buf CLI has no call for it.
  const wanted = arms.filter((file) => file !== "crates/edge/src/rpc/sdks.rs");
  assert.deepEqual(named.toSorted(), wanted.toSorted());
});

test("no other production code names an ecosystem", () => {
  const names = /\b(Ecosystem|Target|Facts|Hashes|Completion|Route)::(Go|Npm|Python|Archive)\b/;
  const naming = files.filter((file) => isProduction(file) && !isOwn(file) && names.test(withoutTests(bare(read(file)))));
  assert.deepEqual(naming.filter((file) => !arms.includes(file)), []);
  assert.ok(naming.includes("crates/edge/src/router.rs"), "the search finds them");
});

test("the feature is in the manifests that the page names", () => {
  const manifests = files.filter((file) => file.endsWith("Cargo.toml") && read(file).includes("test-ecosystem"));
  const named = [...section("The crates").matchAll(/`(crates\/[a-z]+\/Cargo\.toml)`/g)].map((it) => it[1]);
  assert.deepEqual(manifests.toSorted(), named.toSorted());
});

test("what stands beside is there, for each", () => {
  const table = section("What stands beside").split("\n").filter((line) => line.startsWith("| ") && line.includes("`"));
  assert.ok(table.length > 10);
  for (const row of table) {
    const [, , go, npm, python, archive] = row.split("|").map((cell) => cell.trim());
    const cells = [[go, /\b(go|gomod|GOPROXY|Go)\b/i], [npm, /npm/i], [python, /python|pip|pypi/i], [archive, /archive/i]];
    // Of archives some have none of their own, and say why.
    for (const [cell, words] of cells.filter(([cell]) => cell !== archive || cell.startsWith("`"))) {
      const file = cell.replaceAll("`", "");
      assert.ok(existsSync(path.join(root, file)), `${file} is not there`);
      // A folder is named by the row alone.
      if (!file.endsWith("/")) assert.match(file + read(file), words, `${file} has nothing of it`);
    }
  }
});

test("every ecosystem has a file or folder in each of the three crates", () => {
  for (const name of ["go", "npm", "python", "archive", "test_ecosystem"]) {
    for (const crate of ["sdk", "edge", "codegen"]) {
      const own = files.filter((file) => file.startsWith(`crates/${crate}/src/ecosystem/`) && isOwn(file));
      assert.ok(own.some((file) => file.includes(`/ecosystem/${name}`)), `${crate} has none for ${name}`);
    }
  }
});
