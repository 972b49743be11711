// What scripts/dev prints for another shell.

import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import path from "node:path";
import { stateDir } from "./registry.mjs";
import { ok, scratch, write } from "./run.mjs";

/** Where scripts/registry.sh keeps all that scripts/dev says. */
export const LOG = path.join(stateDir, "dev.log");

/** Pastes the printed lines into a shell of a user who has nothing yet; gives the folder and what the shell has set. */
export async function paste(t) {
  const [, lines] = /^(source .*?)^ready: /ms.exec(await readFile(LOG, "utf8"));
  const home = await scratch(t);
  await write(home, { "project/.keep": "", lines });
  const cwd = path.join(home, "project");
  const env = {
    HOME: home,
    GOCACHE: process.env.GOCACHE ?? path.join(homedir(), ".cache", "go-build"),
    GOMODCACHE: path.join(home, "go"),
    GOFLAGS: "-modcacherw",
    NPM_CONFIG_CACHE: path.join(home, "npm"),
    NPM_CONFIG_USERCONFIG: process.env.NPM_CONFIG_USERCONFIG ?? path.join(homedir(), ".npmrc"),
  };
  await ok("bash", ["-euo", "pipefail", path.join(home, "lines")], { cwd, env });
  return { cwd, env };
}
