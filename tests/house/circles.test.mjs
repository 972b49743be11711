// Files of a crate use each other in no circle that `circles.txt` does not have, and it has none that is cut.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, test } from "node:test";
import { circles, edges, lines, readCrate, readCrates, way } from "./circles.mjs";
import { bare, uses, withoutTests } from "./rust.mjs";

const ROOT = path.join(import.meta.dirname, "..", "..");
const LIST = path.join(import.meta.dirname, "circles.txt");

test("no circle is new, and none that was cut is still listed", () => {
  const known = readFileSync(LIST, "utf8").split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  const crates = readCrates(ROOT);
  const found = lines(crates);
  const added = found.filter((line) => !known.includes(line));
  const gone = known.filter((line) => !found.includes(line));
  const shown = added.map((line) => `${line}\n    ${circleOf(crates, line)}`);
  assert.deepEqual(shown, [], `new uses on a circle: cut one of the uses of each\n${shown.join("\n")}`);
  assert.deepEqual(gone, [], `on no circle any more: delete these lines of tests/house/circles.txt\n${gone.join("\n")}`);
  assert.deepEqual(known, [...new Set(known)].toSorted(), "circles.txt is in order, and has no line twice");
});

/** The shortest circle that a line of the list is on. */
function circleOf(crates, line) {
  const [, crate, user, used] = /^(\S+): (\S+) → (\S+)$/.exec(line);
  const { files } = crates.find((it) => it.crate === crate && it.files.has(user));
  return [user, ...way(edges(files), used, user)].join(" → ");
}

/** A crate of these files: which uses which, and which circles there are. */
const CRATES = [
  {
    name: "two files that use each other",
    files: { "lib.rs": "mod a; mod b;", "a.rs": "use crate::b::B; pub struct A;", "b.rs": "use crate::a::A; pub struct B;" },
    uses: ["a.rs → b.rs", "b.rs → a.rs"],
    circles: ["a.rs → b.rs"],
  },
  {
    name: "three, by paths without `use`",
    files: {
      "lib.rs": "mod a; mod b; mod c;",
      "a.rs": "pub fn a() { crate::b::b() }",
      "b.rs": "pub fn b() { super::c::c() }",
      "c.rs": "pub fn c() { super::a::a() }",
    },
    uses: ["a.rs → b.rs", "b.rs → c.rs", "c.rs → a.rs"],
    circles: ["a.rs → b.rs → c.rs"],
  },
  {
    name: "a parent that only declares and passes on its child's names",
    files: { "lib.rs": "mod a; pub use a::A; pub struct P;", "a.rs": "use super::P; pub struct A(P);" },
    uses: ["a.rs → lib.rs"],
    circles: [],
  },
  {
    name: "a parent that passes on a name of its child and uses it, too",
    files: { "lib.rs": "mod a; pub use a::A; pub struct P; fn f() -> A { A }", "a.rs": "use super::P; pub struct A;" },
    uses: ["a.rs → lib.rs", "lib.rs → a.rs"],
    circles: ["a.rs → lib.rs"],
  },
  {
    name: "a parent that uses its child by a path",
    files: { "lib.rs": "mod a; pub struct P; fn f() { a::f() }", "a.rs": "use crate::P; pub fn f() {}" },
    uses: ["a.rs → lib.rs", "lib.rs → a.rs"],
    circles: ["a.rs → lib.rs"],
  },
  {
    name: "names that are passed on lead to the file that defines them",
    files: {
      "lib.rs": "mod a; mod b; pub use a::A; pub use b::*;",
      "a.rs": "use crate::B; pub struct A(B);",
      "b.rs": "use crate::A as Other; pub struct B(Other);",
    },
    uses: ["a.rs → b.rs", "b.rs → a.rs"],
    circles: ["a.rs → b.rs"],
  },
  {
    name: "folders with and without mod.rs, and trees of `use`",
    files: {
      "lib.rs": "mod a; mod b;",
      "a.rs": "mod x; pub struct A;",
      "a/x.rs": "use super::{super::b::{self, y::{Y as Z, W}}, A};",
      "b/mod.rs": "pub mod y;",
      "b/y.rs": "pub struct Y; pub struct W;",
    },
    uses: ["a/x.rs → a.rs", "a/x.rs → b/mod.rs", "a/x.rs → b/y.rs"],
    circles: [],
  },
  {
    name: "tests, comments and texts use nothing",
    files: {
      "lib.rs": "mod a; mod b;",
      "a.rs": 'use crate::b::B; // crate::b::C\nconst T: &str = "crate::b"; const C: char = \'"\'; pub struct A;',
      "b.rs": 'pub struct B; /* crate::a::A /* */ */ const R: &str = r#"crate::a::A"#;\n#[cfg(test)]\nmod tests { use crate::a::A; }',
    },
    uses: ["a.rs → b.rs"],
    circles: [],
  },
  {
    name: "two circles with a file in common are two",
    files: {
      "lib.rs": "mod a; mod b; mod c;",
      "a.rs": "use crate::{b::B, c::C}; pub struct A;",
      "b.rs": "use crate::a::A; pub struct B;",
      "c.rs": "use crate::a::A; pub struct C;",
    },
    uses: ["a.rs → b.rs", "a.rs → c.rs", "b.rs → a.rs", "c.rs → a.rs"],
    circles: ["a.rs → b.rs", "a.rs → c.rs"],
  },
];

describe("what uses what", () => {
  for (const { name, files, uses: wanted, circles: round } of CRATES) {
    test(name, () => {
      const all = edges(readCrate("", "lib.rs", (file) => files[file]));
      const found = [...all].flatMap(([user, used]) => [...used].map((it) => `${user} → ${it}`));
      assert.deepEqual(found.toSorted(), wanted);
      assert.deepEqual(circles(all), round);
    });
  }
});

test("lifetimes, labels and quotes are told apart", () => {
  const kept = bare("fn f<'a>(x: &'a str) { 'b: loop { g('\\'', b'x', '\"', \"a\\\"b\") } }");
  assert.equal(kept.replace(/ +/g, " "), "fn f<'a>(x: &'a str) { 'b: loop { g( , , , ) } }");
});

test("an item of tests ends where it ends", () => {
  const left = withoutTests("#[cfg(test)]\nuse a::b;\n#[cfg(all(test, unix))]\nmod tests { fn f<A, B>() {} }\nuse c::d;\n#[cfg(test)]\nfn f<A, B>() { g() }");
  assert.doesNotMatch(left, /fn/);
  assert.deepEqual(uses(left).map(({ path: found }) => found.join("::")), ["c::d"]);
});
