use super::{
    package::{ScriptPackage, tests::package},
    syntax::parse,
};
use oxc_allocator::Allocator;
use protoedge_npm::ModuleType;

/// What becomes of a package with one file, which lists `@bufbuild/protobuf`.
fn read(name: &str, text: &str) -> Result<(), String> {
    let package: ScriptPackage = package(&[(name, text)]);
    package.complete().map(drop).map_err(|flaw| flaw.to_string())
}

#[test]
fn scripts_hold_what_generators_write() {
    for good in [
        "import { f } from \"@bufbuild/protobuf\"; export const a = f.g(\"x\", () => [{ no: 1, T: f }]);",
        "import f from \"@bufbuild/protobuf\"; f.util.setEnumType(f.E, \"E\", [{ no: 1 }]);",
        "import { f } from \"@bufbuild/protobuf/codegenv2\"; export const a = f({ ...f.b }).c, b = -1n;",
        "class A extends B { constructor() { super(\"a\", []); this.x = 1; } } class B {} export const a = new A();",
        "class A { static a = 1; m(k) { return this[k ?? \"\"] ?? parseInt(\"1\"); } } export default A;",
        "export var E; (function (E) { E[E[\"A\"] = 0] = \"A\"; E[\"B\"] = \"b\"; })(E || (E = {}));",
        "export function f(m) { for (const [k, v] of globalThis.Object.entries(m)) { while (k) switch (v) { case 1: break } } }",
        "function f() {} f.a = 1; f.b = f.c = [1, , 2];",
        // Messages of these names.
        "import { f } from \"@bufbuild/protobuf\"; export const Function = f(\"a\"); export const x = new Function(1);",
        "import { f } from \"@bufbuild/protobuf\"; export const process = f(\"a\"), fetch = process.eval, require = f;",
        "export const a = { constructor: 1, __proto__x: 2, \"constructor\": \"constructor\" };",
        "export {}; \"use strict\"; ".trim_end_matches("\"use strict\"; "),
        "/* eslint-disable */ // @ts-nocheck\n",
    ] {
        assert_eq!(read("a.js", good), Ok(()), "{good}");
    }
}

#[test]
fn whatever_else_is_found_with_its_line() {
    const RUNS: &str = "code runs when the file is imported";
    const OUTSIDE: &str = "from outside";
    for (bad, words) in [
        ("(await import(\"node:fs\")).x()", "import()"),
        ("export const f = async () => { await import(\"x\"); };", "import()"),
        ("export const m = import.meta.url;", "import.meta"),
        ("eval(\"1\")", OUTSIDE),
        ("const e = eval; e(\"1\");", OUTSIDE),
        ("export const e = (0, eval)(\"1\");", OUTSIDE),
        ("new Function(\"1\")();", OUTSIDE),
        ("export const f = () => Function(\"1\");", OUTSIDE),
        ("export function f() { return process.env; }", OUTSIDE),
        ("export const r = require(\"fs\");", OUTSIDE),
        ("export const f = () => fetch(\"x\");", OUTSIDE),
        ("export const t = setTimeout(\"1\");", OUTSIDE),
        ("export const p = new Proxy({}, {});", OUTSIDE),
        ("export const g = globalThis;", OUTSIDE),
        ("globalThis.eval(\"1\");", OUTSIDE),
        ("globalThis[\"eval\"](\"1\");", OUTSIDE),
        ("export let e = globalThis?.eval;", OUTSIDE),
        ("export const { eval: e } = globalThis;", OUTSIDE),
        ("const O = Object;", OUTSIDE),
        ("Object.setPrototypeOf({}, {});", "Object.setPrototypeOf"),
        ("export const o = globalThis.Object.getPrototypeOf(1);", "Object.getPrototypeOf"),
        ("(() => {}).constructor(\"1\")();", "\"constructor\""),
        ("export const f = (() => {})[\"constructor\"];", "\"constructor\""),
        ("export const f = (() => {})[\"con\" + \"structor\"];", "puts a property's name together"),
        ("export const f = (() => {})[`constructor`];", "puts a property's name together"),
        ("export function f(k) { return (() => {})[k](\"1\"); }", "a name that it computes"),
        ("const { constructor: F } = () => {};", "\"constructor\""),
        ("export function f(F) { ({ constructor: F } = () => {}); }", "\"constructor\""),
        ("export const p = [].__proto__;", "\"__proto__\""),
        ("export function f() { Array.prototype.map = 1; }", "changes \"Array\""),
        ("export const f = () => Object.assign(Array.prototype, {});", "share"),
        ("export const f = () => Array[\"prototype\"];", "share"),
        ("export const A = Array;", "hands \"Array\" on"),
        ("export const f = () => Object.assign(Error, {});", "hands \"Error\" on"),
        ("export const { prototype: p } = Array;", "hands \"Array\" on"),
        ("export const f = () => { Array.x++; };", "changes \"Array\""),
        ("export const f = () => { delete Array.from; };", "changes \"Array\""),
        ("export const f = () => { [Array.x] = [1]; };", "changes \"Array\""),
        ("export const f = () => { for (Array.x of [1]); };", "changes \"Array\""),
        ("export const f = (k, o) => { const { [k]: F } = o; return F; };", "name it computes"),
        ("const k = \"constructor\"; export const F = k.at[k];", RUNS),
        ("export const o = { __proto__: {} };", "__proto__"),
        ("export function f() { Error.prepareStackTrace = 1; }", "changes \"Error\""),
        ("import { f } from \"@bufbuild/protobuf\"; f.x = 1;", RUNS),
        ("if (1) {}", RUNS),
        ("for (;;) {}", RUNS),
        ("throw 1;", RUNS),
        ("{}", RUNS),
        ("let a = 1; a++;", RUNS),
        ("using a = 1;", RUNS),
        ("(() => {})();", RUNS),
        ("void function () {}();", RUNS),
        ("export const a = (function () {})();", RUNS),
        ("export default (() => {})();", RUNS),
        ("new (class { constructor() {} })();", RUNS),
        ("class A { static { f(); } } function f() {}", RUNS),
        ("class A { static a = (() => {})(); }", RUNS),
        ("(function (E) { E.a(); })(E || (E = {})); var E;", RUNS),
        ("(function (E) { E[f()] = 1; })(E || (E = {})); var E; function f() {}", RUNS),
        ("await 1;", RUNS),
        ("export const a = x => x`y`;", "with a template"),
        ("export const f = a => { debugger; };", "debugger"),
        ("\"use server\";", "the directive \"use server\""),
        ("#!/usr/bin/env node", "run as a program"),
        ("//# sourceMappingURL=data:x", "tools carry out"),
        ("//#\u{feff}sourceMappingURL=data:x", "tools carry out"),
        ("/*# sourceURL=x */", "tools carry out"),
        ("/// <reference types=\"x\"/>", "tools carry out"),
        ("import fs from \"node:fs\";", "registry.npm.builtins"),
        ("import fs from \"fs\";", "registry.npm.deps"),
        ("import x from \"left-pad\";", "registry.npm.deps"),
        ("import x from \"data:text/javascript,1\";", "registry.npm.deps"),
        ("import x from \"file:///x.js\";", "registry.npm.deps"),
        ("import x from \"/x.js\";", "registry.npm.deps"),
        ("import x from \"#x\";", "registry.npm.deps"),
        ("import x from \"@bufbuild/protobuf/../../x/x.js\";", "does not list"),
        ("import x from \"@bufbuild/protobuf/%2e%2e/x.js\";", "does not list"),
        ("import x from \"../x.js\";", "in no package"),
        ("import x from \"./%2e%2e/x.js\";", "in no package"),
        ("import x from \"./a.js?x\";", "in no package"),
        ("import x from \"./none.js\";", "in no package"),
        ("export * from \"left-pad\";", "registry.npm.deps"),
        ("import x from \"@bufbuild/protobuf\" with { type: \"json\" };", "attributes"),
        ("import defer * as x from \"@bufbuild/protobuf\";", "a way of its own"),
        ("import from from;", "cannot be read: line 3"),
        ("export const a = <div/>;", "cannot be read: line 3"),
        ("<!-- x", "cannot be read: line 3"),
    ] {
        // The line end that protobuf does not know is before it, where there can be a comment.
        let is_first = bad.starts_with(['#', '"']);
        let text = if is_first { bad.to_owned() } else { format!("// a\r\n// b\n{bad}") };
        let said = read("a.js", &text).expect_err(bad);
        assert!(said.contains(words), "{bad}: {said}");
        assert!(said.contains("\"a.js\""), "{bad}: {said}");
        let line = if is_first { "line 1" } else { "line 3" };
        assert!(said.contains(line) || said.contains(" imports "), "{bad}: {said}");
    }
}

#[test]
fn declarations_say_something_of_their_own_package_only() {
    for good in [
        "import type { A } from \"@bufbuild/protobuf\";\nexport declare const a: A<typeof import(\"./a\").b>;",
        "export declare class A extends B<{ x: string }> { constructor(); static eval(x: Function): void; }",
        "export declare enum E { A = 0, B = -1 }\nexport interface I { process: Object }",
        "export declare namespace N { const x: number; }\ndeclare const y: unique symbol;",
    ] {
        assert_eq!(read("a.d.ts", good), Ok(()), "{good}");
    }
    for (bad, words) in [
        ("declare global { interface Array<T> { x: T } }\nexport {};", "declare global"),
        ("declare module \"react\" { export const x: 1; }\nexport {};", "another package"),
        ("export as namespace React;", "export as namespace"),
        ("export type A = import(\"left-pad\").A;", "registry.npm.deps"),
        ("export type A = import(\"node:fs\").Stats;", "registry.npm.builtins"),
        ("/// <reference path=\"../../x.d.ts\"/>\nexport {};", "tools carry out"),
        ("///\u{feff}<reference types=\"x\"/>\nexport {};", "tools carry out"),
        ("interface Array<T> { x: T }", "without an import or export"),
        ("declare var x: 1;", "without an import or export"),
        ("///<amd-module name=\"x\"/>\nexport {};", "tools carry out"),
    ] {
        let said = read("a.d.ts", bad).expect_err(bad);
        assert!(said.contains(words), "{bad}: {said}");
    }
    for (name, text) in [
        ("a.ts", "declare var eval: any; export const x = eval(\"1\");"),
        ("a.d.x.ts", "export const x = eval(\"1\");"),
    ] {
        assert!(read(name, text).unwrap_err().contains("\"eval\""), "{name}: {text}");
    }
    let said = read("a.ts", "export const a: number = (eval as any)(\"1\");").unwrap_err();
    assert!(said.contains("\"eval\""), "{said}");
}

#[test]
fn commonjs_has_words_of_its_own() {
    for good in [
        "\"use strict\"; const a = require(\"@bufbuild/protobuf\"); exports.b = exports.c = a.d({});",
        "Object.defineProperty(exports, \"__esModule\", { value: true }); module.exports = { a: 1 };",
        "const { a } = require(\"@bufbuild/protobuf\");",
        "var E; (function (E) { E[E[\"A\"] = 0] = \"A\"; })(E || (exports.E = E = {}));",
    ] {
        assert_eq!(read("a.cjs", good), Ok(()), "{good}");
    }
    for bad in [
        "require(\"fs\");",
        "const a = require(\"f\" + \"s\");",
        "const r = require; r(\"fs\");",
        "module.constructor._load(\"fs\");",
        "module.require(\"fs\");",
        "require.main.require(\"fs\");",
        "const { a } = JSON.parse(\"{}\");",
        "const m = module;",
        "exports.m = module;",
        "var module; module.require(\"fs\");",
        "const m = arguments[2];",
    ] {
        assert!(read("a.cjs", bad).is_err(), "{bad}");
    }
}

#[test]
fn a_file_is_read_as_node_reads_it() {
    let allocator = Allocator::default();
    let is_read = |name, text, style| parse(&allocator, name, text, style).is_ok();
    for (name, text, module, commonjs) in [
        ("a.js", "await 1", true, false),
        ("a.mjs", "await 1", true, true),
        ("a.cjs", "await 1", false, false),
        ("a.js", "<!-- x", false, true),
    ] {
        assert_eq!(is_read(name, text, ModuleType::Module), module, "{name}: {text}");
        assert_eq!(is_read(name, text, ModuleType::Commonjs), commonjs, "{name}: {text}");
    }
}
