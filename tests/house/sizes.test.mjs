// What is counted as a function, and as a type's method.

import assert from "node:assert/strict";
import { test } from "node:test";
import { functions, methods } from "./sizes.mjs";

test("a function is as long as from its name to the end of its body", () => {
  const text = "pub fn a(x: [u8; 2]) -> u8 {\n  if x { 1 }\n}\ntrait T { fn b(&self); fn c() {} }\n" +
    "fn d<A, B>(a: A)\nwhere A: Into<B>, B: Copy,\n{\n}";
  assert.deepEqual(functions(text), [{ name: "a", lines: 3 }, { name: "c", lines: 1 }, { name: "d", lines: 4 }]);
});

test("methods are a type's own, wherever their `impl` stands", () => {
  const text = `struct A;
    impl A { pub fn one(&self) { fn inner() {} } fn two() -> impl Fn() { || () } }
    impl<'a, T: Into<B<u8>>> B<'a, T> { async fn three(self) {} }
    impl Clone for A { fn clone(&self) -> A { A } }
    fn free(x: u8) -> impl Iterator<Item = u8> { [x].into_iter() }`;
  assert.deepEqual(methods(text), [["A", "one"], ["A", "two"], ["B", "three"]]);
});
