// A caching proxy as companies put before Go's modules: goproxy, which keeps what has a version for ever.

import { spawn } from "node:child_process";
import { mkdir, mkdtemp, open, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "./parts.mjs";
import { buildGo } from "./tools.mjs";

const PROGRAM = {
  module: "github.com/goproxy/goproxy",
  version: "v0.18.2",
  main: "github.com/goproxy/goproxy/cmd/goproxy",
  sums: [
    "github.com/goproxy/goproxy v0.18.2 h1:ovHAKf1dHf26B5PeBxQuIaRZXywTxfTbRgsrM/QCRg8=",
    "github.com/goproxy/goproxy v0.18.2/go.mod h1:qHipZHIUIB2/DHkGAUwlIjWFI/E33E9czAOH3FwDlKE=",
  ],
};
const START_WITHIN_MS = 20_000;

/** goproxy with a cache of its own. */
export class Goproxy {
  #child;

  constructor(folder, port) {
    this.folder = folder;
    this.port = port;
    this.url = `http://127.0.0.1:${port}`;
  }

  /** Builds it where it was not built before; gives the program. */
  static build() {
    return buildGo(PROGRAM);
  }

  /** Starts it in front of what `goproxy` names, in the form of `GOPROXY`; the checksum database knows nothing of `host`. */
  static async start({ goproxy, host }) {
    const command = await Goproxy.build();
    const folder = await mkdtemp(path.join(tmpdir(), "protoedge-goproxy-"));
    const proxy = new Goproxy(folder, await freePort());
    await mkdir(`${folder}/temp`);
    await proxy.#spawn(command, { GOPROXY: goproxy, GONOSUMDB: host, GOMODCACHE: `${folder}/modules` });
    return proxy;
  }

  async stop() {
    const ended = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#child.kill("SIGTERM");
    await ended;
    await rm(this.folder, { recursive: true, force: true });
  }

  async #spawn(command, env) {
    const log = await open(`${this.folder}/log`, "a");
    const folders = ["--cacher-dir", `${this.folder}/cache`, "--temp-dir", `${this.folder}/temp`];
    const args = ["server", "--address", `127.0.0.1:${this.port}`, ...folders];
    this.#child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ["ignore", log.fd, log.fd] });
    await log.close();
    const deadline = Date.now() + START_WITHIN_MS;
    while (!(await fetch(this.url).then(() => true, () => false))) {
      if (this.#child.exitCode !== null || Date.now() > deadline) {
        throw new Error(`goproxy does not answer: ${await readFile(`${this.folder}/log`, "utf8")}`);
      }
      await sleep(100);
    }
  }
}
