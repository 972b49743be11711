// Writes README's table of clients from what was measured (`--update`), or says where it differs. An update leaves what
// was not measured as it is; what is compared must have been measured.

import { readFile, readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { BUF, CLIENTS } from "./clients.mjs";

const README = path.join(import.meta.dirname, "..", "..", "README.md");
const BEGIN = "<!-- written by tests/clients/run --update -->\n";
const END = "<!-- end -->\n";
/** These the buf command has, too. */
const PRIVATE = ["private, with access", "private, without", "private, expired"];
const COLUMNS = [
  "5 s", "40 s", "100 s", "200 s", "200 s, unscaled",
  "lock file", "upgrade",
  "two plugins, new", "two plugins, listed", "two modules, new", "two modules, listed",
  "rejected", "no such package", "no such version",
  ...PRIVATE,
];

async function measuredIn(folder) {
  const all = {};
  for (const file of await readdir(folder)) {
    const measured = JSON.parse(await readFile(path.join(folder, file), "utf8"));
    for (const [client, cells] of Object.entries(measured)) Object.assign((all[client] ??= {}), cells);
  }
  return all;
}

/** What a table has: `{row: {column: cell}}`. */
function cellsIn(table) {
  const lines = table.split("\n").map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));
  const [[, ...columns], , ...rows] = lines;
  const cellsOf = (cells) => Object.fromEntries(columns.map((column, n) => [column, cells[n]]));
  return Object.fromEntries(rows.filter(([name]) => name).map(([name, ...cells]) => [name, cellsOf(cells)]));
}

/** The table; a cell that was neither measured nor known is an error, not a gap. */
function table(measured, known) {
  const versionOf = ({ kind, tool }) => (kind === "go" ? tool.slice(2) : tool.split(/@|==/).at(-1));
  const nameOf = (client) => [client.name.split(" ")[0], versionOf(client), client.linker].filter(Boolean).join(" ");
  const rows = [...CLIENTS, BUF].map((client) => {
    const cells = COLUMNS.map((column) => {
      if (client === BUF && !PRIVATE.includes(column)) return "";
      const came = measured[client.name]?.[column]?.replace("fails: ", "✗ ").replace("ok", "✓");
      const cell = came ?? known[nameOf(client)]?.[column];
      if (cell === undefined) throw new Error(`${client.name}: ${column} was not measured`);
      return cell;
    });
    return `| ${nameOf(client)} | ${cells.join(" | ")} |\n`;
  });
  const head = `| | ${COLUMNS.join(" | ")} |\n|${"---|".repeat(COLUMNS.length + 1)}\n`;
  return head + rows.join("");
}

const [folder, ...flags] = process.argv.slice(2);
const text = await readFile(README, "utf8");
const [before, rest] = text.split(BEGIN);
const [old, after] = rest.split(END);
const isUpdate = flags.includes("--update");
const now = table(await measuredIn(folder), isUpdate ? cellsIn(old) : {});
if (isUpdate) {
  await writeFile(README, `${before}${BEGIN}${now}${END}${after}`);
} else if (old !== now) {
  console.error(`README's table is not what was measured; tests/clients/run --update writes this:\n${now}`);
  process.exitCode = 1;
}
