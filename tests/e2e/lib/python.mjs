// The stock pip command in a virtual environment.

import path from "node:path";
import { pythonIndex } from "./registry.mjs";
import { fails, ok, scratch, write } from "./run.mjs";

/** A project with an environment of its own. Other packages come from wherever the user's pip gets them. */
export class Python {
  constructor(folder, caches) {
    this.cwd = path.join(folder, "project");
    this.bin = path.join(folder, "venv", "bin");
    this.env = { HOME: folder, PIP_CACHE_DIR: caches, PIP_DISABLE_PIP_VERSION_CHECK: "1" };
  }

  /** `caches`: a folder that several share. */
  static async create(t, caches) {
    const folder = await scratch(t);
    const python = new Python(folder, caches ?? path.join(folder, "caches"));
    await python.write({});
    await ok("python3", ["-m", "venv", path.join(folder, "venv")]);
    await python.ok("pip", "config", "--site", "set", "global.extra-index-url", pythonIndex);
    return python;
  }

  async write(files) {
    await write(this.cwd, { "README.md": "", ...files });
  }

  /** Runs a command of the environment. */
  ok(command, ...args) {
    return ok(path.join(this.bin, command), args, this);
  }

  fails(command, ...args) {
    return fails(path.join(this.bin, command), args, this);
  }

  install(...packages) {
    return this.ok("pip", "install", "--quiet", ...packages);
  }

  /** Runs a program, which must succeed; gives what it printed. */
  run(text) {
    return ok(path.join(this.bin, "python"), ["-c", text], this);
  }
}
