// The stock buf command.

import assert from "node:assert/strict";
import path from "node:path";
import { bufHost, fresh } from "./registry.mjs";
import { fails, ok, scratch, write } from "./run.mjs";

/** A user at a shell, with caches and credentials of its own. */
export class Buf {
  constructor(home, env, program = "buf") {
    this.home = home;
    this.env = env;
    this.program = program;
  }

  /** The administrator, unless a token is given; "" is nobody. Of another version, if its program is given. */
  static async create(t, token, program) {
    const home = await scratch(t);
    const env = { HOME: home, XDG_CACHE_HOME: path.join(home, "cache"), NETRC: path.join(home, ".netrc") };
    if (token !== undefined) env.BUF_TOKEN = token && `${token}@${bufHost}`;
    return new Buf(home, env, program);
  }

  ok(args, options = {}) {
    return ok(this.program, args, { env: this.env, cwd: this.home, ...options });
  }

  fails(args, options = {}) {
    return fails(this.program, args, { env: this.env, cwd: this.home, ...options });
  }

  /** A new organization; gives its name. */
  async organization(prefix = "e2e") {
    const owner = fresh(prefix);
    await this.ok(["registry", "organization", "create", `${bufHost}/${owner}`]);
    return owner;
  }

  /** Writes a module's folder: buf.yaml, its dependencies and files. */
  async module(name, files, deps = []) {
    const folder = path.join(this.home, "modules", fresh("m"));
    await write(folder, files);
    await this.configure(folder, name, deps);
    return folder;
  }

  /** Makes a folder a module. */
  async configure(folder, name, deps = []) {
    const lines = ["version: v2", `name: ${bufHost}/${name}`];
    if (deps.length > 0) lines.push("deps:", ...deps.map((dep) => `  - ${bufHost}/${dep}`));
    await write(folder, { "buf.yaml": `${lines.join("\n")}\n` });
    if (deps.length > 0) await this.ok(["dep", "update"], { cwd: folder });
  }

  /** Pushes a folder as a public module, made if it is missing; gives the commit's id. */
  async push(folder, ...flags) {
    const args = ["push", folder, "--create", "--create-visibility", "public", ...flags];
    const printed = await this.ok(args);
    const commit = /:([0-9a-f]{32})$/.exec(printed);
    assert.ok(commit, `no commit in: ${printed}`);
    return commit[1];
  }

  /** Writes and pushes. */
  async publish(name, files, { deps = [], flags = [] } = {}) {
    return this.push(await this.module(name, files, deps), ...flags);
  }

  /** The commit that `owner/module` or `owner/module:ref` names. */
  async resolve(reference) {
    const printed = await this.ok(["registry", "module", "commit", "resolve", `${bufHost}/${reference}`]);
    return /[0-9a-f]{32}/.exec(printed)?.[0];
  }

  /** The version of an SDK, as the registry says it. */
  sdkVersion(module, plugin) {
    const [name, ref] = module.split("@");
    const at = ref ? `:${ref}` : "";
    return this.ok([
      "registry", "sdk", "version",
      "--module", `${bufHost}/${name}${at}`,
      "--plugin", `${bufHost}/${plugin}`,
    ]);
  }
}
