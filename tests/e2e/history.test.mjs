// Which version is the newest, whatever was pushed before.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Buf } from "./lib/buf.mjs";
import { Go } from "./lib/go.mjs";
import { Npm } from "./lib/npm.mjs";
import { single } from "./lib/protos.mjs";
import { bufHost, goPackage, npmPackage } from "./lib/registry.mjs";

async function clients(t, module) {
  const go = await Go.create(t);
  const npm = await Npm.create(t);
  const goName = goPackage(module, "protocolbuffers/go");
  const npmName = npmPackage(module, "bufbuild/es");
  return {
    /** Both must give this commit as their newest; gives go's version. */
    async newestIs(commit, what) {
      const inGo = await go.version(goName, "latest");
      const inNpm = await npm.view(npmName, "version");
      assert.ok(inGo.includes(`-${commit.slice(0, 12)}.`), `${what}: go has ${inGo}, not ${commit}`);
      assert.ok(inNpm.includes(`-${commit.slice(0, 12)}.`), `${what}: npm has ${inNpm}, not ${commit}`);
      return inGo;
    },
    async listed() {
      return (await go.ok("list", "-m", "-versions", goName)).split(" ").slice(1);
    },
  };
}

test("content that comes back is a new commit, and the newest", async (t) => {
  const buf = await Buf.create(t);
  const module = `${await buf.organization()}/history`;
  const { newestIs, listed } = await clients(t, module);
  const commits = [];
  const versions = [];
  for (const content of ["A", "B", "A"]) {
    const commit = await buf.publish(module, single(content));
    commits.push(commit);
    versions.push(await newestIs(commit, `after ${content}`));
  }
  assert.equal(new Set(commits).size, 3);
  assert.deepEqual(versions.toSorted(), versions, "each is newer than the one before");
  assert.deepEqual((await listed()).at(-1), versions.at(-1));
});

test("content that was on another label first is a new commit on the default label", async (t) => {
  const buf = await Buf.create(t);
  const module = `${await buf.organization()}/history`;
  const { newestIs, listed } = await clients(t, module);
  const first = await buf.publish(module, single("First"));
  await newestIs(first, "after the first");
  const feature = await buf.publish(module, single("Next"), { flags: ["--label", "feature"] });
  await newestIs(first, "after a push to another label");
  const merged = await buf.publish(module, single("Next"));
  assert.notEqual(merged, feature);
  await newestIs(merged, "after the merge");
  assert.ok((await listed()).every((version) => !version.includes("-00000000000000-")));
});

test("a label that is moved back is followed", async (t) => {
  const buf = await Buf.create(t);
  const module = `${await buf.organization()}/history`;
  const { newestIs } = await clients(t, module);
  const good = await buf.publish(module, single("Good"));
  await newestIs(good, "after the good one");
  const bad = await buf.publish(module, single("Bad"));
  await newestIs(bad, "after the bad one");
  await buf.ok(["registry", "module", "commit", "add-label", `${bufHost}/${module}:${good}`, "--label", "main"]);
  await newestIs(good, "after the label moved back");
});
