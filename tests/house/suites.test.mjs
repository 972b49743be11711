// What continuous integration runs of what, and that scripts/test, the tiers and the documents name the same suites.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, test } from "node:test";
import { REST, TIERS, chosen, entriesAt } from "../../scripts/suites.mjs";

const ROOT = path.join(import.meta.dirname, "..", "..");

/** Changed paths and the number of commits; what is run besides the usual suites. */
const CASES = [
  { name: "nothing that matters: the first seventh", changed: ["README.md"], commits: 0, rest: ["fuzz-long", "clients-yarn"] },
  { name: "the second", changed: [], commits: 1, rest: ["locks-go", "clients-bun-deno"] },
  { name: "the third", changed: [], commits: 2, rest: ["locks-npm", "clients-python"] },
  { name: "the fourth", changed: [], commits: 3, rest: ["locks-python", "clients-unscaled"] },
  { name: "the fifth", changed: [], commits: 4, rest: ["clients-go", "clients-cached"] },
  { name: "the sixth", changed: [], commits: 5, rest: ["clients-npm", "clients-crash"] },
  { name: "the seventh", changed: [], commits: 6, rest: ["clients-pnpm", "clients-private"] },
  { name: "the first again", changed: [], commits: 217, rest: ["fuzz-long", "clients-yarn"] },
  {
    name: "an entry of the catalogue: locks, and one of the others",
    changed: ["plugins/grpc/go/v1.6.2.yaml"],
    commits: 1,
    rest: ["locks-python", "clients-go"],
  },
  { name: "Go's rules", changed: ["crates/gomod/src/zip.rs", "Cargo.lock"], commits: 0, rest: ["fuzz-long", "clients-go"] },
  {
    name: "who may read what: private modules, and a seventh of the others",
    changed: ["crates/registry/src/accounts/mod.rs"],
    commits: 2,
    rest: ["clients-python", "clients-private"],
  },
  {
    name: "the clients' tests: two of them, and the others with the next commits",
    changed: ["tests/clients/clients.mjs"],
    commits: 12,
    rest: ["clients-bun-deno", "clients-python"],
  },
  { name: "the next commit", changed: ["tests/clients/clients.mjs"], commits: 13, rest: ["clients-unscaled", "clients-cached"] },
  { name: "a folder that only begins alike", changed: ["plugins.md", "fuzz.md"], commits: 3, rest: ["locks-python", "clients-unscaled"] },
];

describe("chosen for continuous integration", () => {
  for (const { name, changed, commits, rest } of CASES) {
    const usual = TIERS.usual.filter((suite) => suite !== "fuzz-short" || !rest.includes("fuzz-long"));
    test(name, () => assert.deepEqual(chosen(changed, commits), [...usual, ...rest]));
  }
});

test("the entries of the catalogue that changed", () => {
  const changed = ["plugins/grpc/go/v1.6.2.yaml", "plugins/grpc/go/v1.6.2.lock.json", "plugins/protocolbuffers/go/v1.36.11.2.yaml", "plugins/README.md", "plugins/facts.json"];
  assert.deepEqual(entriesAt(changed), ["grpc/go:v1.6.2", "protocolbuffers/go:v1.36.11"]);
  assert.deepEqual(entriesAt([]), []);
});

test("seven commits in a row run everything", () => {
  const run = new Set([0, 1, 2, 3, 4, 5, 6].flatMap((more) => chosen([], 100 + more)));
  assert.deepEqual(Object.keys(REST).filter((name) => !run.has(name)), []);
});

test("of all that changed, seven commits in a row run everything, two suites each", () => {
  const changed = ["fuzz/a", "plugins/b", "tests/clients/c"];
  const runs = [5, 6, 7, 8, 9, 10, 11].map((commits) => chosen(changed, commits).filter((name) => name in REST));
  assert.deepEqual(runs.map((run) => run.length), [2, 2, 2, 2, 2, 2, 2]);
  assert.deepEqual(new Set(runs.flat()), new Set(Object.keys(REST)));
});

test("what is watched is there", () => {
  for (const watched of Object.values(REST).flat()) assert.ok(existsSync(path.join(ROOT, watched)), watched);
});

test("scripts/test knows how to run every suite, and no other", () => {
  const script = readFileSync(path.join(ROOT, "scripts", "test"), "utf8");
  const cases = script.split("\nrun_suite() {\n")[1].split("\n}\n")[0].matchAll(/^ {4}([a-z- |]+)\)/gm);
  const known = [...cases].flatMap(([, names]) => names.split(" | "));
  assert.deepEqual(known.toSorted(), [...new Set([...Object.values(TIERS).flat(), ...Object.keys(REST)])].toSorted());
});
