// What README.md says under "Try it" is run as it stands there, and prints what stands there.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Buf } from "./lib/buf.mjs";
import { prints, shown } from "./lib/readme.mjs";
import { bufHost } from "./lib/registry.mjs";
import { run } from "./lib/run.mjs";

test("the README's lines do what it says", async (t) => {
  const { commands, outputs } = await shown("## Try it");
  // The first block starts a registry.
  const lines = commands.slice(1);
  assert.equal(lines.length, 3, "push, go, npm");
  const buf = await Buf.create(t);
  const made = await run("buf", ["registry", "organization", "info", `${bufHost}/example`], { env: buf.env });
  if (made.code === 0) {
    t.skip(`${bufHost}/example is there already; these lines make it`);
    return;
  }
  await prints(t, lines, outputs);
});
