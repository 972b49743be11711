// A caching proxy as companies put before npm registries: Verdaccio, which keeps what it read of a package for two minutes.

import { spawn } from "node:child_process";
import { access, mkdtemp, open, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "./parts.mjs";
import { fetchTools, program } from "./tools.mjs";

const CLIENT = {
  tool: "verdaccio@6.10.4",
  main: "verdaccio/bin/verdaccio",
  // One of its dependencies asks for a tag, which not every registry has.
  overrides: { "node-fetch": "2.7.0" },
};
const START_WITHIN_MS = 60_000;

/** Verdaccio with a store of its own, for one scope of one registry. */
export class Verdaccio {
  #child;

  constructor(folder, port) {
    this.folder = folder;
    this.port = port;
    this.url = `http://127.0.0.1:${port}`;
  }

  /** Starts it in front of `registry`, whose packages are all below `scope`. */
  static async start({ registry, scope }) {
    await fetchTools([CLIENT]);
    const folder = await mkdtemp(path.join(tmpdir(), "protoedge-verdaccio-"));
    const proxy = new Verdaccio(folder, await freePort());
    await writeFile(`${folder}/config.yaml`, proxy.#configuration(registry, scope));
    await proxy.#spawn();
    return proxy;
  }

  /** Whether it has read a package from the registry. */
  holds(packageName) {
    return access(`${this.folder}/storage/${packageName}/package.json`).then(() => true, () => false);
  }

  async stop() {
    const ended = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#child.kill("SIGTERM");
    await ended;
    await rm(this.folder, { recursive: true, force: true });
  }

  async #spawn() {
    const log = await open(`${this.folder}/log`, "a");
    const [command, ...first] = program(CLIENT);
    const args = [...first, "--config", `${this.folder}/config.yaml`, "--listen", `127.0.0.1:${this.port}`];
    this.#child = spawn(command, args, { cwd: this.folder, stdio: ["ignore", log.fd, log.fd] });
    await log.close();
    const deadline = Date.now() + START_WITHIN_MS;
    while (!(await fetch(`${this.url}/-/ping`).then(({ ok }) => ok, () => false))) {
      if (this.#child.exitCode !== null || Date.now() > deadline) {
        throw new Error(`verdaccio does not answer: ${await readFile(`${this.folder}/log`, "utf8")}`);
      }
      await sleep(200);
    }
  }

  #configuration(registry, scope) {
    return `storage: ${this.folder}/storage
web:
  enable: false
uplinks:
  registry:
    url: ${registry}
packages:
  "${scope}/*":
    access: $all
    proxy: registry
log:
  type: stdout
  format: json
  level: http
`;
  }
}
