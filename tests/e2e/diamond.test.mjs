// Modules that reach one module in two states: each lock file holds one of them.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { Buf } from "./lib/buf.mjs";
import { file } from "./lib/protos.mjs";

const lockOf = async (folder) => {
  const text = await readFile(path.join(folder, "buf.lock"), "utf8");
  const rows = [...text.matchAll(/name: \S+\/(\S+)\n\s+commit: ([0-9a-f]{32})/g)];
  return Object.fromEntries(rows.map((row) => row.slice(1)));
};

test("each lock file has one commit of a module, and every digest is right", async (t) => {
  const buf = await Buf.create(t);
  const owner = await buf.organization();
  const publish = (name, imports, extra = {}) =>
    buf.publish(`${owner}/${name}`, { ...file(name, { imports }), ...extra }, {
      deps: imports.map((other) => `${owner}/${other}`),
    });

  const oldBase = await publish("base", []);
  const side = await publish("side", ["base"]);
  const newBase = await publish("base", [], file("more"));
  const topFolder = await buf.module(
    `${owner}/top`,
    file("top", { imports: ["base", "side"] }),
    [`${owner}/base`, `${owner}/side`],
  );
  assert.deepEqual(await lockOf(topFolder), { base: newBase, side });
  const top = await buf.push(topFolder);

  // Others, with empty caches: the digests of what they download are computed again.
  const users = [
    ["top", { base: newBase, side, top }],
    ["side", { base: oldBase, side }],
  ];
  for (const [name, expected] of users) {
    const other = await Buf.create(t, "");
    const folder = await other.module(
      `${owner}/user`,
      file("user", { imports: [name] }),
      [`${owner}/${name}`],
    );
    assert.deepEqual(await lockOf(folder), expected, name);
    await other.ok(["build", folder]);
  }
});
