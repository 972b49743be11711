// What README.md says under "Private packages" is run as it stands there, and prints what stands there.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Buf } from "../e2e/lib/buf.mjs";
import { prints, shown } from "../e2e/lib/readme.mjs";
import { bufHost } from "../e2e/lib/registry.mjs";
import { run } from "../e2e/lib/run.mjs";

test("two people share private modules as the README says", async (t) => {
  const { commands, outputs } = await shown("### Private packages");
  assert.equal(commands.length, 3, "push, install, leave");
  const buf = await Buf.create(t);
  const made = await run("buf", ["registry", "organization", "info", `${bufHost}/quiet`], { env: buf.env });
  if (made.code === 0) {
    t.skip(`${bufHost}/quiet is there already; these lines make it`);
    return;
  }
  await prints(t, commands, outputs);
});
