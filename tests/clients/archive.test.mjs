// Programs that fetch archives, while the generator takes as long as a client can be made to wait.

import assert from "node:assert/strict";
import { stat } from "node:fs/promises";
import path from "node:path";
import { after, test } from "node:test";
import { slowOwner } from "./lib/balancer.mjs";
import { slowRegistry } from "./lib/slow.mjs";

// As in scaled.test.mjs.
const SCALE = 0.2;
const SECONDS = 200;

const { stop } = await slowRegistry({ scale: SCALE, delays: [SECONDS] });
after(() => stop({ keep: process.env.KEEP !== undefined }));

const { url } = await import("../e2e/lib/registry.mjs");
const { missing, ok, scratch, write } = await import("../e2e/lib/run.mjs");
const { pushAll } = await import("./lib/modules.mjs");

const CMAKE = (address) => `cmake_minimum_required(VERSION 3.14)
project(fetched NONE)
file(DOWNLOAD ${address} archive STATUS status)
list(GET status 0 code)
if(NOT code EQUAL 0)
  message(FATAL_ERROR "\${status}")
endif()
`;

/** Each program with the command that brings an archive into its folder, as `archive`. */
const PROGRAMS = {
  curl: (address) => ["curl", ["-fsSL", "-o", "archive", address]],
  wget: (address) => ["wget", ["-q", "-O", "archive", address]],
  cmake: () => ["cmake", ["."]],
};

const moduleOf = (program) => `${slowOwner(SECONDS)}/archive-${program}`;
await pushAll({ after }, Object.keys(PROGRAMS).map(moduleOf));

test(`an archive that takes ${SECONDS} s`, { concurrency: true }, async (t) => {
  const all = Object.entries(PROGRAMS).map(([program, command]) =>
    t.test(program, async (t) => {
      const skip = await missing(program);
      if (skip) return t.skip(skip);
      const cwd = await scratch(t);
      const address = `${url}/gen/archive/${moduleOf(program)}/protocolbuffers/go/latest.tar.gz`;
      await write(cwd, { "CMakeLists.txt": CMAKE(address) });
      const started = Date.now();
      await ok(...command(address), { cwd });
      assert.ok(Date.now() - started > (SECONDS - 5) * SCALE * 1000, "it waited");
      assert.ok((await stat(path.join(cwd, "archive"))).size > 0);
      assert.match(await ok("tar", ["-tzf", "archive"], { cwd }), /note\.pb\.go/);
    }),
  );
  await Promise.all(all);
});
