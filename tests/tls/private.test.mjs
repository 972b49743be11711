// What `TLS=1 scripts/dev` is for: go sends credentials over https alone, and with what is printed it reads private
// modules.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Buf } from "../e2e/lib/buf.mjs";
import { paste } from "../e2e/lib/printed.mjs";
import { single } from "../e2e/lib/protos.mjs";
import { get, goPackage, npmPackage, url } from "../e2e/lib/registry.mjs";
import { ok } from "../e2e/lib/run.mjs";

test("go and npm read a private module with what is printed", async (t) => {
  assert.match(url, /^https:/);
  const buf = await Buf.create(t);
  const module = `${await buf.organization()}/secret`;
  const folder = await buf.module(module, single("Secret"));
  await buf.ok(["push", folder, "--create", "--create-visibility", "private"]);
  const [go, npm] = [goPackage(module, "protocolbuffers/go"), npmPackage(module, "bufbuild/es")];
  assert.equal((await get(`/gen/go/${go}/@latest`)).status, 404);
  const project = await paste(t);
  await ok("go", ["get", go], project);
  await ok("npm", ["install", npm], project);
});
