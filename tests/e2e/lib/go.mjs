// The stock go command.

import { randomBytes } from "node:crypto";
import path from "node:path";
import { goproxy, host } from "./registry.mjs";
import { fails, ok, scratch, write } from "./run.mjs";

/** A Go project with module caches of its own, so that everything is asked of the registry. */
export class Go {
  constructor(folder, cache = path.join(folder, "cache")) {
    this.env = {
      GOPROXY: goproxy,
      GONOSUMDB: host,
      GOMODCACHE: cache,
      // -modcacherw: so that the folder can be removed.
      GOFLAGS: "-modcacherw",
      GOWORK: "off",
    };
    this.cwd = path.join(folder, "project");
  }

  /** Projects may share a cache where it does not matter who downloads first. */
  static async create(t, cache) {
    const go = new Go(await scratch(t), cache);
    await write(go.cwd, { "go.mod": `module example.com/e2e${randomBytes(4).toString("hex")}\n\ngo 1.24\n` });
    return go;
  }

  write(files) {
    return write(this.cwd, files);
  }

  ok(...args) {
    return ok("go", args, { cwd: this.cwd, env: this.env });
  }

  fails(...args) {
    return fails("go", args, { cwd: this.cwd, env: this.env });
  }

  /** The version of a package that a query such as `latest` or a label gives. */
  async version(packageName, query) {
    const json = await this.ok("list", "-m", "-json", `${packageName}@${query}`);
    return JSON.parse(json).Version;
  }
}
