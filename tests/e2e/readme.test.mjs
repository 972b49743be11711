// What README.md says under "Try it" is run as it stands there, and prints what stands there.

import assert from "node:assert/strict";
import { test } from "node:test";
import { prints, shown } from "./lib/readme.mjs";

test("the README's lines do what it says", async (t) => {
  const { commands, outputs } = await shown("## Try it");
  // The first block starts a registry.
  const lines = commands.slice(1);
  assert.equal(lines.length, 5, "push, go, npm, Python, files");
  await prints(t, "example", lines, outputs);
});
