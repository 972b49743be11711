// Rows of the table as tests: what came of each is compared with what is expected, and kept for README.

import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { after, describe, it } from "node:test";
import { BUF, CLIENTS } from "../clients.mjs";
import { expected } from "../expected.mjs";

const isAsked = ({ name }) => new RegExp(process.env.ONLY ?? "").test(name);

/** The clients under test; `ONLY`, a regular expression, leaves others out. */
export const ASKED = CLIENTS.filter(isAsked);

/** The same with the buf command, where it is about modules. */
export const READERS = [...ASKED, ...[BUF].filter(isAsked)];

/**
 * Runs `rows` of `{name, client, run(t, client, note)}`, `atOnce` at a time, in an order that keeps long
 * ones first.
 */
export function runRows(title, rows, { atOnce, isReal = false }) {
  const measured = {};
  describe(title, { concurrency: atOnce }, () => {
    for (const { name, client, run } of rows) {
      it(`${client.name}: ${name}`, (t) => oneRow({ t, client, run, measured, isReal }));
    }
    after(() => save(title, measured));
  });
}

async function oneRow({ t, client, run, measured, isReal }) {
  const cells = (measured[client.name] ??= {});
  const [came, wanted] = [{}, {}];
  await run(t, client, (column, result) => {
    const name = isReal ? `${column}, unscaled` : column;
    cells[name] = came[name] = result;
    wanted[name] = expected(client, name);
  });
  assert.deepEqual(came, wanted);
}

async function save(title, measured) {
  const folder = process.env.RESULTS;
  if (!folder) return;
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, `${title.replaceAll(" ", "-")}.json`), JSON.stringify(measured));
}
