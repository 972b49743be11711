// What README.md says under "Private packages" is run as it stands there, and prints what stands there.

import assert from "node:assert/strict";
import { test } from "node:test";
import { prints, shown } from "../e2e/lib/readme.mjs";

test("two people share private modules as the README says", async (t) => {
  const { commands, outputs } = await shown("### Private packages");
  assert.equal(commands.length, 3, "push, install, leave");
  await prints(t, "quiet", commands, outputs);
});
