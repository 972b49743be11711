// Circles between the files of a crate: a file that uses another one which uses, perhaps by more of them, the first.
// What a file uses without naming it, a method of a type whose `impl` is there for instance, is not seen.

import { existsSync, readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { bare, items, modules, paths, uses, withoutTests, withoutUses } from "./rust.mjs";

/**
 * The files of a crate by their paths below `folder`, beginning with the root `lib.rs` or `main.rs`: each with its module
 * path, its production text, and the modules that it declares.
 */
export function readCrate(folder, root, read = readFrom(folder)) {
  const files = new Map();
  visit(root, []);
  return files;

  function visit(file, module) {
    const text = withoutTests(bare(read(file)));
    files.set(file, { file, module, text, children: new Map(), uses: uses(text), items: items(text) });
    const isRoot = module.length === 0 || path.basename(file) === "mod.rs";
    const below = isRoot ? path.dirname(file) : file.slice(0, -".rs".length);
    for (const name of modules(text)) {
      const found = [path.join(below, `${name}.rs`), path.join(below, name, "mod.rs")].find((it) => read(it) !== undefined);
      // A file that has another place (`#[path]`) belongs to tests here.
      if (!found) continue;
      files.get(file).children.set(name, found);
      visit(found, [...module, name]);
    }
  }
}

function readFrom(folder) {
  return (file) => (existsSync(path.join(folder, file)) ? readFileSync(path.join(folder, file), "utf8") : undefined);
}

/** Which file uses which: a map of sets. */
export function edges(files) {
  const root = files.keys().next().value;
  const byModule = new Map([...files.values()].map((it) => [it.module.join("::"), it.file]));
  const all = new Map();
  for (const file of files.values()) {
    const used = new Set();
    const code = withoutUses(file.text);
    for (const use of file.uses) {
      const target = resolve(file, use.path, use.isGlob);
      if (!target) continue;
      const passesOn = use.isPublic && isBelow(target, file) && !(!use.isGlob && isNamed(code, use.name));
      if (!passesOn) used.add(target);
    }
    for (const found of paths(code)) {
      const target = resolve(file, found, false);
      if (target) used.add(target);
    }
    used.delete(file.file);
    all.set(file.file, used);
  }
  return all;

  /** The file that defines what a path in `file` leads to, if that is in this crate. */
  function resolve(file, found, isGlob, seen = new Set()) {
    const start = begin(file, found);
    if (!start) return undefined;
    let { at, rest } = start;
    while (rest.length > 0 && at.children.has(rest[0])) [at, rest] = [files.get(at.children.get(rest[0])), rest.slice(1)];
    return rest.length === 0 || isGlob ? at.file : definer(at, rest[0], seen);
  }

  /** Where a path begins: a file, and the segments that are left. */
  function begin(file, [first, ...rest]) {
    if (first === "crate") return { at: files.get(root), rest };
    if (first === "self") return { at: file, rest };
    if (first === "super") {
      let module = file.module.slice(0, -1);
      while (rest[0] === "super") [module, rest] = [module.slice(0, -1), rest.slice(1)];
      return { at: files.get(byModule.get(module.join("::"))) ?? files.get(root), rest };
    }
    if (file.children.has(first)) return { at: file, rest: [first, ...rest] };
    return undefined;
  }

  /** The file that defines a name which `at` defines, or has from elsewhere. */
  function definer(at, name, seen) {
    const key = `${at.file} ${name}`;
    if (seen.has(key)) return at.file;
    seen.add(key);
    const named = at.uses.find((use) => !use.isGlob && use.name === name && !at.items.has(name));
    if (named) return resolve(at, named.path, false, seen) ?? at.file;
    if (at.items.has(name)) return at.file;
    for (const use of at.uses.filter(({ isGlob }) => isGlob)) {
      const from = resolve(at, use.path, true, seen);
      if (from && files.get(from).items.has(name)) return from;
    }
    return at.file;
  }

  function isBelow(target, file) {
    const { module } = files.get(target);
    return module.length > file.module.length && file.module.every((name, n) => module[n] === name);
  }
}

function isNamed(code, name) {
  return new RegExp(`(?<!\\w)${name}(?!\\w)`).test(code);
}

/** The uses that are on a circle, as `[user, used]`: those that lead to a file from which there is a way back. */
export function onCircles(all) {
  const uses = [...all].flatMap(([user, used]) => [...used].map((it) => [user, it]));
  return uses.filter(([user, used]) => way(all, used, user) !== undefined);
}

/** The shortest way from a file to another one, both included. */
export function way(all, from, to) {
  const ways = [[from]];
  const seen = new Set([from]);
  for (const found of ways) {
    if (found.at(-1) === to) return found;
    for (const next of [...all.get(found.at(-1))].toSorted()) {
      if (seen.has(next)) continue;
      seen.add(next);
      ways.push([...found, next]);
    }
  }
  return undefined;
}

/** Circles that together have every use that is on one, each beginning with its first file by name. */
export function circles(all) {
  const found = onCircles(all).map(([user, used]) => {
    const circle = [user, ...way(all, used, user).slice(0, -1)];
    const first = circle.indexOf(circle.toSorted()[0]);
    return [...circle.slice(first), ...circle.slice(0, first)].join(" → ");
  });
  return [...new Set(found)].toSorted((a, b) => a.split(" ").length - b.split(" ").length || (a < b ? -1 : 1));
}

/** The roots of all crates: `{crate, folder, files}` for each `lib.rs` and `main.rs` of the repository. */
export function readCrates(root) {
  const names = readdirSync(path.join(root, "crates")).toSorted();
  const folders = [["worker", "src"], ...names.map((crate) => [crate, path.join("crates", crate, "src")])];
  return folders.flatMap(([crate, below]) => {
    const folder = path.join(root, below);
    const roots = ["lib.rs", "main.rs"].filter((file) => existsSync(path.join(folder, file)));
    return roots.map((file) => ({ crate, folder, files: readCrate(folder, file) }));
  });
}

/** Lines of `circles.txt`: every use in the crates that is on a circle. */
export function lines(crates) {
  const all = crates.flatMap(({ crate, files }) =>
    onCircles(edges(files)).map(([user, used]) => `${crate}: ${user} → ${used}`),
  );
  return all.toSorted();
}
