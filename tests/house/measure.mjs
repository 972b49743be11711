// Prints how large the crates' production is, and how much of it uses each other in circles: `node tests/house/measure.mjs`.
// `--circles` prints the circles instead, `--list` the lines that tests/house/circles.txt would have.

import path from "node:path";
import { circles, edges, lines, onCircles, readCrates } from "./circles.mjs";
import { LONG_FILE, LONG_FUNCTION, measure } from "./sizes.mjs";

const all = readCrates(path.join(import.meta.dirname, "..", ".."));

if (process.argv[2] === "--circles") {
  for (const { crate, files } of all) {
    for (const circle of circles(edges(files))) console.log(`${crate}: ${circle}`);
  }
} else if (process.argv[2] === "--list") {
  console.log(lines(all).join("\n"));
} else {
  printTable();
}

function printTable() {
  const heads = ["crate", "files", "lines", "of them code", "largest type", "uses on circles"];
  const rows = [heads, heads.map(() => "---")];
  const long = { files: [], functions: [] };
  const total = { files: 0, lines: 0, code: 0, round: 0 };
  for (const crate of new Set(all.map((it) => it.crate))) {
    const roots = all.filter((it) => it.crate === crate);
    const of = measure(roots);
    const round = roots.reduce((sum, { files }) => sum + onCircles(edges(files)).length, 0);
    rows.push([crate, of.files, of.lines, of.code, largest(of.types), round]);
    long.files.push(...of.longFiles.map((it) => `${crate}: ${it}`));
    long.functions.push(...of.longFunctions.map((it) => `${crate}: ${it}`));
    for (const key of ["files", "lines", "code"]) total[key] += of[key];
    total.round += round;
  }
  rows.push(["all", total.files, total.lines, total.code, "", total.round]);
  console.log(rows.map((row) => `| ${row.join(" | ")} |`).join("\n"));
  print(`files over ${LONG_FILE} lines`, long.files);
  print(`functions over ${LONG_FUNCTION} lines`, long.functions);
}

function largest(types) {
  const [first] = [...types].toSorted(([, a], [, b]) => b.methods - a.methods);
  return first ? `${first[0]}: ${first[1].methods} methods in ${first[1].files.size} files` : "";
}

function print(title, found) {
  console.log(`\n${title}: ${found.length === 0 ? "none" : ""}`);
  for (const line of found) console.log(`  ${line}`);
}
