// The lines that scripts/dev prints do what they are for when they are pasted into another shell.

import assert from "node:assert/strict";
import { access } from "node:fs/promises";
import { test } from "node:test";
import { LOG, paste } from "./lib/printed.mjs";
import { read } from "./lib/run.mjs";

const skip = await access(LOG).then(() => false, () => `${LOG} is not there: scripts/test has scripts/dev write it`);

test("the printed lines install a Go module and an npm package", { skip }, async (t) => {
  const { cwd } = await paste(t);
  const files = await read(cwd);
  assert.match(files["go.mod"], /acme\/weather\/connectrpc\/go v1/);
  assert.match(files["package-lock.json"], /node_modules\/[^"]*acme_weather\.bufbuild_es": \{\s+"version": "2\./);
});
