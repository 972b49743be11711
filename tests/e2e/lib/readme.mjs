// What README.md shows, run as it stands there.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import path from "node:path";
import { Buf } from "./buf.mjs";
import { bufHost, stateDir } from "./registry.mjs";
import { run, scratch, write } from "./run.mjs";

const README = path.join(import.meta.dirname, "..", "..", "..", "README.md");

/** The commands and the outputs below a heading, in their order. */
export async function shown(heading) {
  const text = await readFile(README, "utf8");
  const section = text.split(`\n${heading}\n`)[1].split(/\n##+ /)[0];
  const blocks = [...section.matchAll(/^```(\w*)\n(.*?)\n```$/gms)];
  const of = (kind) => blocks.filter((it) => it[1] === kind).map((it) => it[2]);
  return { commands: of("sh"), outputs: of("") };
}

/**
 * Runs commands in an empty folder of a user who has nothing yet; they must print these outputs. They make this organization,
 * which can be made once: a registry of one's own that has it is left alone. The suites start new ones.
 */
export async function prints(t, organization, commands, outputs) {
  const { env } = await Buf.create(t);
  const made = await run("buf", ["registry", "organization", "info", `${bufHost}/${organization}`], { env });
  if (made.code === 0) {
    t.skip(`${bufHost}/${organization} is there already; these lines make it`);
    return;
  }
  const home = await scratch(t);
  const script = commands.join("\n").replace("/path/to/protoedge/.dev/env", path.join(stateDir, "env"));
  assert.ok(script.includes(`source ${stateDir}`), "the line that sets the environment");
  await write(home, { "project/.keep": "", script });
  const { code, stdout, stderr } = await run("bash", ["-euo", "pipefail", path.join(home, "script")], {
    cwd: path.join(home, "project"),
    env: {
      HOME: home,
      XDG_CACHE_HOME: path.join(home, "cache"),
      GOCACHE: process.env.GOCACHE ?? path.join(homedir(), ".cache", "go-build"),
      GOMODCACHE: path.join(home, "go"),
      GOFLAGS: "-modcacherw",
      NPM_CONFIG_CACHE: path.join(home, "npm"),
      NPM_CONFIG_USERCONFIG: process.env.NPM_CONFIG_USERCONFIG ?? path.join(homedir(), ".npmrc"),
    },
  });
  const said = `${stdout}\n${stderr}`;
  assert.equal(code, 0, said);
  const lines = new Set(said.split("\n").map(lasting));
  for (const line of outputs.join("\n").split("\n").map(lasting)) {
    assert.ok(lines.has(line), `README has ${line || "an empty line"}, but what came was\n${said}`);
  }
}

/** A line without what differs from run to run: commits, times, how long it took, the port. */
function lasting(line) {
  return line
    .replaceAll(bufHost, "HOST")
    .replaceAll("127.0.0.1:8787", "HOST")
    .replaceAll(/\d{14}-[0-9a-f]{12}/g, "COMMIT")
    .replaceAll(/\b[0-9a-f]{32}\b/g, "COMMIT")
    .replaceAll(/in [\d.]+ ?m?s$/g, "in TIME")
    .trimEnd();
}
