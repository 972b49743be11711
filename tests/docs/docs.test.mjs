// The tables of the documents say what is in the tree, all of it and nothing else.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));
const files = execFileSync("git", ["ls-files"], { cwd: root, encoding: "utf8" }).trim().split("\n");

// The first column of the table below a heading.
function rows(document, heading) {
  const text = readFileSync(`${root}${document}`, "utf8");
  const section = text.split(`\n## ${heading}\n`)[1].split("\n## ")[0];
  const cells = section.split("\n").filter((line) => line.startsWith("| ")).map((line) => line.split("|")[1]);
  return cells.filter((cell) => cell.trim() !== "");
}

test("README's table is the top of the tree", () => {
  const linked = rows("README.md", "The tree").flatMap((cell) => [...cell.matchAll(/\]\(([^)]+)\)/g)].map((it) => it[1]));
  const top = new Set(files.map((file) => (file.includes("/") ? `${file.split("/")[0]}/` : file)));
  for (const unlisted of ["README.md", ".gitignore", "LICENSE"]) {
    top.delete(unlisted);
  }
  assert.deepEqual(linked.toSorted(), [...top].toSorted());
});

test("ARCHITECTURE's map is every crate and every folder of tests", () => {
  const named = rows("ARCHITECTURE.md", "The map").map((cell) => cell.trim().replaceAll("`", ""));
  const folders = files.map((file) => {
    const [first, second] = file.split("/");
    return ["crates", "tests"].includes(first) ? `${first}/${second}` : first;
  });
  const wanted = new Set(folders.filter((folder) => existsSync(`${root}${folder}/`) && !folder.startsWith(".")));
  assert.deepEqual(named.toSorted(), [...wanted].toSorted());
});

test("the API's page has every endpoint with its methods", () => {
  const source = readFileSync(`${root}crates/edge/src/accounts/endpoint.rs`, "utf8");
  const table = source.split("const TABLE")[1].split("\n];")[0];
  const known = [...table.matchAll(/path: "([^"]+)",\s*methods: &\[([^\]]+)\]/g)];
  assert.ok(known.length > 5, "the table of endpoints");
  const wanted = known.map(([, path, methods]) => `${path} ${methods.replaceAll(/[",]/g, "")}`);
  const lines = readFileSync(`${root}docs/api.md`, "utf8").split("\n## All paths\n")[1].split("\n");
  const rows = lines.filter((line) => line.startsWith("| `"));
  assert.deepEqual(rows.map((line) => line.replaceAll(/[|`]/g, " ").trim().replaceAll(/\s+/g, " ")), wanted);
});

test("the files that the documents point to are there", () => {
  for (const document of files.filter((file) => file.endsWith(".md"))) {
    const folder = document.includes("/") ? document.slice(0, document.lastIndexOf("/") + 1) : "";
    const text = readFileSync(`${root}${document}`, "utf8");
    for (const [, target] of text.matchAll(/\]\((?!https?:)([^)#]+)/g)) {
      assert.ok(existsSync(`${root}${folder}${target}`), `${document} points to ${target}`);
    }
  }
});
