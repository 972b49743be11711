// The stock npm command.

import { homedir } from "node:os";
import path from "node:path";
import { npmRegistry, npmScope } from "./registry.mjs";
import { fails, ok, scratch, write } from "./run.mjs";

/** An npm project with a cache of its own. Other scopes come from wherever the user gets them. */
export class Npm {
  constructor(folder) {
    this.cwd = path.join(folder, "project");
    this.env = {
      HOME: folder,
      NPM_CONFIG_CACHE: path.join(folder, "cache"),
      NPM_CONFIG_USERCONFIG: process.env.NPM_CONFIG_USERCONFIG ?? path.join(homedir(), ".npmrc"),
    };
  }

  static async create(t) {
    const npm = new Npm(await scratch(t));
    await write(npm.cwd, {
      "package.json": JSON.stringify({ name: "e2e", version: "1.0.0", private: true, type: "module" }),
      ".npmrc": `${npmScope}:registry=${npmRegistry}\naudit=false\nfund=false\nloglevel=error\nomit-lockfile-registry-resolved=false\n`,
    });
    return npm;
  }

  write(files) {
    return write(this.cwd, files);
  }

  ok(...args) {
    return ok("npm", args, this);
  }

  fails(...args) {
    return fails("npm", args, this);
  }

  /** Runs a script of the project. */
  node(file) {
    return ok("node", [file], this);
  }

  /** One field of what the registry says of a package. */
  async view(packageName, field) {
    const json = await this.ok("view", packageName, field, "--json");
    return json === "" ? undefined : JSON.parse(json);
  }
}
