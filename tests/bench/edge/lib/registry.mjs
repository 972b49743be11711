// The registry that is measured: our Worker on the bare runtime over the stand-in for R2, with a real generator. What the
// bucket holds, the registry has written.

import { randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { HOST, SCOPE, environmentOf, freePort } from "../../../clients/lib/parts.mjs";
import { BucketServer, WorkerServer } from "./peers.mjs";
import { Program } from "./program.mjs";

const ROOT = path.join(import.meta.dirname, "..", "..", "..", "..");

export class Registry {
  #secrets = { ADMIN_TOKEN: `admin_${randomBytes(16).toString("hex")}`, WEBHOOK_SECRET: `whsec_${randomBytes(32).toString("base64")}` };

  constructor(folder, programs) {
    this.folder = folder;
    this.programs = programs;
  }

  static async start(folder, programs, date) {
    const registry = new Registry(folder, programs);
    registry.bucket = await BucketServer.start(folder, "bucket", programs.bucket);
    registry.generatorPort = await freePort();
    const modules = { "index.js": `${programs.worker}/index.js`, "index_bg.wasm": `${programs.worker}/index_bg.wasm` };
    registry.worker = await WorkerServer.create(folder, "protoedge", { modules, bucket: registry.bucket, date });
    registry.url = registry.worker.url;
    await registry.worker.start({
      PUBLIC_URL: registry.url,
      REGISTRY_HOST: HOST,
      NPM_SCOPE: SCOPE,
      GENERATOR_URL: `http://127.0.0.1:${registry.generatorPort}`,
      ...registry.#secrets,
    });
    await mkdir(`${folder}/buf`);
    await writeFile(`${folder}/buf/config.yaml`, 'version: v1\ntls:\n  use: "false"\n');
    await registry.startGenerator();
    await registry.#publishCatalogue();
    return registry;
  }

  /** A generator that waits so many seconds before each job; the one before it must have stopped. */
  async startGenerator(delay = 0) {
    const args = [
      ...["serve", "--listen", `127.0.0.1:${this.generatorPort}`, "--public-url", this.url, "--plugins", `${ROOT}/plugins`],
      ...["--install-on-demand", "--delay", String(delay)],
    ];
    const env = { WEBHOOK_SECRET: this.#secrets.WEBHOOK_SECRET };
    this.generator = new Program(this.programs.generator, args, { log: `${this.folder}/generator.log`, env });
    await this.generator.listens(this.generatorPort);
  }

  async #publishCatalogue() {
    const env = { REGISTRY_URL: this.url, ADMIN_TOKEN: this.#secrets.ADMIN_TOKEN };
    const args = ["catalogue", "publish", "--plugins", `${ROOT}/plugins`];
    const publish = new Program(this.programs.generator, args, { log: `${this.folder}/catalogue.log`, env });
    const code = await publish.ended;
    if (code !== 0) throw new Error(`the catalogue was not published (${code}): ${publish.lastWords()}`);
  }

  /** What `$STATE_DIR/env` of scripts/dev holds. */
  environment() {
    return environmentOf(this.folder, this.url, this.#secrets.ADMIN_TOKEN);
  }
}
