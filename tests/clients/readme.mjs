// Writes README's table of clients from what was measured (`--update`), or says where it differs.

import { readFile, readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { CLIENTS } from "./clients.mjs";

const README = path.join(import.meta.dirname, "..", "..", "README.md");
const BEGIN = "<!-- written by tests/clients/run --update -->\n";
const END = "<!-- end -->\n";
const COLUMNS = [
  "5 s", "40 s", "100 s", "200 s", "200 s, unscaled",
  "lock file", "upgrade",
  "two plugins, new", "two plugins, listed", "two modules, new", "two modules, listed", "rejected", "no such package", "no such version",
];

async function measuredIn(folder) {
  const all = {};
  for (const file of await readdir(folder)) {
    const measured = JSON.parse(await readFile(path.join(folder, file), "utf8"));
    for (const [client, cells] of Object.entries(measured)) Object.assign((all[client] ??= {}), cells);
  }
  return all;
}

/** The table; a cell that was not measured is an error, not a gap. */
function table(measured) {
  const versionOf = ({ kind, tool }) => (kind === "go" ? tool.slice(2) : tool.split("@").at(-1));
  const nameOf = (client) => [client.name.split(" ")[0], versionOf(client), client.linker].filter(Boolean).join(" ");
  const rows = CLIENTS.map((client) => {
    const cells = COLUMNS.map((column) => {
      const cell = measured[client.name]?.[column];
      if (cell === undefined) throw new Error(`${client.name}: ${column} was not measured`);
      return cell.replace("fails: ", "✗ ").replace("ok", "✓");
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
const now = table(await measuredIn(folder));
if (flags.includes("--update")) {
  await writeFile(README, `${before}${BEGIN}${now}${END}${after}`);
} else if (old !== now) {
  console.error(`README's table is not what was measured; tests/clients/run --update writes this:\n${now}`);
  process.exitCode = 1;
}
