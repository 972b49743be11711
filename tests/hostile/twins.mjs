// Random modules against innocent twins: what plugins make of both differs in the contents of literals and in
// comments, or the module is rejected.
//
// node twins.mjs [--modules N] [--seed S] [--each N | --all] [--plugin owner/name[:version]]…
// node twins.mjs --module SEED [--all] [--plugin …]     the module of a finding, which names its seed
//
// Each module is made by some of the plugins in turn, by N of them (3) or all; a plugin is meant in its oldest and its
// newest version unless others are named.

import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { ok, write } from "../e2e/lib/run.mjs";
import { build, ends, unpack } from "./lib/generator.mjs";
import { twins } from "./lib/modules.mjs";
import { shape } from "./lib/shape.mjs";

// Half of the time is the plugins' own.
const AT_ONCE = 2;

const { values } = parseArgs({
  options: {
    modules: { type: "string", default: "30" },
    seed: { type: "string", default: "1" },
    module: { type: "string" },
    each: { type: "string", default: "3" },
    all: { type: "boolean", default: false },
    plugin: { type: "string", multiple: true },
  },
});

const scratch = await mkdtemp(path.join(tmpdir(), "protoedge-twins-"));
const go = await goShapes();
const python = shapesBy("python3", ["-I", path.join(import.meta.dirname, "pyshape.py")]);
const counts = { equal: 0, rejected: 0, refused: 0, empty: 0 };
const reasons = new Map();
const wrong = [];
try {
  const plugins = values.plugin ?? [...(await ends("npm")), ...(await ends("go")), ...(await ends("python"))];
  const each = values.all ? plugins.length : Number(values.each);
  const rounds = [];
  let turn = 0;
  const first = Number(values.module ?? Number(values.seed) * 1_000_000);
  for (let n = 0; n < (values.module ? 1 : Number(values.modules)); n++) {
    const chosen = Array.from({ length: each }, () => plugins[turn++ % plugins.length]);
    rounds.push({ seed: first + n, chosen });
  }
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    for (let round = rounds.shift(); round !== undefined; round = rounds.shift()) await compare(round);
  }));
} finally {
  go.stop();
  python.stop();
  await rm(scratch, { recursive: true, force: true });
}
console.log(JSON.stringify({ ...counts, wrong: wrong.length }));
for (const [reason, count] of [...reasons].toSorted((a, b) => b[1] - a[1])) console.log(`${count}\t${reason}`);
for (const line of wrong) console.error(line);
// A test in which everything is rejected compares nothing.
if (wrong.length > 0 || counts.equal < counts.rejected) process.exitCode = 1;

/** Gives both modules of a seed to some plugins. */
async function compare({ seed, chosen }) {
  const pair = twins(seed);
  const folder = path.join(scratch, `${seed}`);
  await write(path.join(folder, "hostile"), pair.hostile);
  await write(path.join(folder, "innocent"), pair.innocent);
  for (const plugin of chosen) {
    try {
      await compareOne(plugin, folder, pair);
    } catch (error) {
      wrong.push(`seed ${seed}, ${plugin}: ${error.message}`);
    }
  }
  await rm(folder, { recursive: true, force: true });
}

async function compareOne(plugin, folder, pair) {
  const innocent = await build(plugin, path.join(folder, "innocent"), path.join(folder, "out", "innocent"));
  const hostile = await build(plugin, path.join(folder, "hostile"), path.join(folder, "out", "hostile"));
  if (hostile.words !== undefined && innocent.words !== undefined) {
    // A version that does not know what is in the module at all.
    counts.refused += 1;
    note(`both: ${innocent.words}`);
  } else if (hostile.words !== undefined) {
    counts.rejected += 1;
    note(hostile.words);
    if (!/acme\/v1\//.test(hostile.words)) throw new Error(`names no place: ${hostile.words}`);
  } else if (innocent.words !== undefined) {
    throw new Error(`only the innocent twin is rejected: ${innocent.words}`);
  } else {
    const [one, other] = await Promise.all([shapes(hostile.file, pair, true), shapes(innocent.file, pair, false)]);
    differ(one, other);
    counts[Object.values(one).some((shape) => shape !== "") ? "equal" : "empty"] += 1;
  }
}

function note(words) {
  const kind = words.split("\n")[0].replaceAll(/"(\\.|[^"\\])*"/g, "…").replaceAll(/[^ ]*\.proto[:\d]*/g, "FILE").replaceAll(/\d+/g, "N");
  reasons.set(kind, (reasons.get(kind) ?? 0) + 1);
}

/** The shapes of a package's files, by the names that they have in the innocent twin. */
async function shapes(file, pair, isHostile) {
  let found;
  if (file.endsWith(".zip")) {
    found = await go.shapes(file);
  } else if (file.endsWith(".whl")) {
    found = await python.shapes(file);
    if (found.error) throw new Error(`not Python: ${found.error}`);
  } else {
    const into = `${file}.files`;
    await mkdir(into, { recursive: true });
    const files = Object.entries(await unpack(file, into));
    found = Object.fromEntries(files.map(([name, text]) => {
      const isScript = /\.[cm]?[jt]s$/.test(name);
      return [name, isScript ? shape(name, text, { names: !pair.isNamed }) : ""];
    }));
    await rm(into, { recursive: true, force: true });
  }
  if (!pair.isNamed) return found;
  // Names in code are made of those of files, then.
  const rename = (name) => Object.entries(pair.names).reduce((it, [from, to]) => it.replaceAll(from, to), name);
  return Object.fromEntries(Object.entries(found).map(([name, text]) =>
    [isHostile ? rename(name) : name, file.endsWith(".zip") ? text.replaceAll(/[\p{L}_][\p{L}\p{Nd}_]*/gu, "name") : text]));
}

function differ(one, other) {
  const [names, others] = [one, other].map((it) => Object.keys(it).toSorted());
  if (names.join() !== others.join()) throw new Error(`other files: ${names} and ${others}`);
  for (const name of names) {
    if (one[name] === other[name]) continue;
    const at = [...one[name]].findIndex((c, n) => c !== other[name][n]);
    const part = (text) => text.slice(Math.max(0, at - 200), at + 100);
    throw new Error(`${name} differs:\n  ${part(one[name])}\n  ${part(other[name])}`);
  }
}

/** The parser of Go, in a program that runs as long as this one. */
async function goShapes() {
  const program = path.join(scratch, "goshape");
  await ok("go", ["build", "-o", program, "."], { cwd: path.join(import.meta.dirname, "goshape"), env: { GOFLAGS: "-mod=mod", GOWORK: "off" } });
  return shapesBy(program, []);
}

/** A program that runs as long as this one, and answers a file's path with the shapes of what is in it. */
function shapesBy(program, args) {
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] });
  const waiting = [];
  createInterface({ input: child.stdout }).on("line", (line) => waiting.shift().resolve(JSON.parse(line)));
  child.on("close", (code) => waiting.forEach(({ reject }) => reject(new Error(`${program} ended with ${code}`))));
  return {
    shapes: (file) => new Promise((resolve, reject) => {
      waiting.push({ resolve, reject });
      child.stdin.write(`${file}\n`);
    }),
    stop: () => child.stdin.end(),
  };
}
