// However many ask at once, an SDK is generated once.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { Buf } from "./lib/buf.mjs";
import { Go } from "./lib/go.mjs";
import { UNITS } from "./lib/protos.mjs";
import { get, goPackage, jobs } from "./lib/registry.mjs";

const CALLERS = 50;

test("fifty first requests are one job, and later ones are none", async (t) => {
  const buf = await Buf.create(t);
  const module = `${await buf.organization()}/units`;
  await buf.publish(module, UNITS);
  const packageName = goPackage(module, "protocolbuffers/go");
  const version = await buf.sdkVersion(module, "protocolbuffers/go");
  assert.deepEqual(await jobs(packageName, version), [], "nobody has asked yet");

  const target = `/gen/go/${packageName}/@v/${version}.zip`;
  const replies = await Promise.all(
    Array.from({ length: CALLERS }, async () => {
      const reply = await get(target);
      const digest = createHash("sha256").update(Buffer.from(await reply.arrayBuffer()));
      return `${reply.status} ${digest.digest("hex")}`;
    }),
  );
  assert.equal(new Set(replies).size, 1, [...new Set(replies)].join("\n"));
  assert.match(replies[0], /^200 /);
  const done = await jobs(packageName, version);
  assert.deepEqual(done.map((job) => job.outcome), ["done"]);

  for (let round = 0; round < 2; round++) {
    const go = await Go.create(t);
    await go.ok("get", `${packageName}@${version}`);
  }
  assert.equal((await jobs(packageName, version)).length, 1);
});
