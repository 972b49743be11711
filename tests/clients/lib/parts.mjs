// A registry whose parts can be slowed, killed and started again, one by one.

import { spawn } from "node:child_process";
import { randomBytes, randomInt } from "node:crypto";
import { cp, mkdir, mkdtemp, open, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { certificates } from "../../e2e/lib/certificates.mjs";
import { TlsFront } from "./front.mjs";

const ROOT = path.join(import.meta.dirname, "..", "..", "..");
const GENERATOR = path.join(process.env.CARGO_TARGET_DIR ?? `${ROOT}/target`, "debug", "protoedge-generator");
/** The names that packages get. */
export const HOST = "protoedge.localhost";
export const SCOPE = "@protoedge";

// Until a started server must answer: the runtime needs about 3 s, on a busy machine 60.
const START_WITHIN_MS = 120_000;
// As scripts/dev does: the runtime never fires crons by itself here.
const SWEEP_EVERY_MS = 5_000;
// More at once than there are clients: those that are slow only sleep.
const JOBS = 64;

/** A program in a group of its own. */
class Part {
  constructor(command, args, { env, log }) {
    this.child = spawn(command, args, {
      cwd: ROOT,
      env: { ...process.env, ...env },
      stdio: ["ignore", log.fd, log.fd],
      detached: true,
    });
    this.isGone = false;
    this.ended = new Promise((resolve) => this.child.once("exit", resolve));
    this.ended.then(() => (this.isGone = true));
  }

  /** Ends all of it, by its own group's id, and waits until the first of it is gone. */
  async kill(signal = "SIGKILL") {
    try {
      process.kill(-this.child.pid, signal);
    } catch {
      return; // It is gone.
    }
    await this.ended;
  }
}

/** Everything that a registry consists of. Its bucket outlives its processes. */
export class Registry {
  #settings;
  #generators = new Map();
  #worker;
  #sweep;

  constructor(folder, settings) {
    this.folder = folder;
    this.#settings = settings;
    this.url = `http://127.0.0.1:${settings.port}`;
    this.publicUrl = settings.publicUrl ?? this.url;
  }

  /**
   * `vars`: settings of the Worker. `publicUrl`: where clients reach it, unless directly. `tls`: that they do so over
   * TLS, by certificates of its own. `worker`: the folder of its build.
   */
  static async create({ vars = {}, publicUrl, generatorUrl, tls = false, worker = `${ROOT}/build` } = {}) {
    const folder = await mkdtemp(path.join(tmpdir(), "protoedge-clients-"));
    const port = await freePort();
    const settings = { vars, publicUrl, generatorUrl, port };
    if (tls) {
      settings.trust = await certificates(folder, HOST);
      settings.front = await TlsFront.listen(folder);
      settings.front.to(`http://127.0.0.1:${port}`);
      settings.publicUrl = settings.front.url;
    }
    settings.adminToken = `admin_${randomBytes(16).toString("hex")}`;
    settings.secret = `whsec_${randomBytes(32).toString("base64")}`;
    const registry = new Registry(folder, settings);
    await cp(worker, `${folder}/worker`, { recursive: true });
    await mkdir(`${folder}/buf`);
    await writeFile(`${folder}/buf/config.yaml`, `version: v1\n${tls ? "" : 'tls:\n  use: "false"\n'}`);
    return registry;
  }

  /** Sets settings of a Worker that is started later. */
  set(vars) {
    Object.assign(this.#settings.vars, vars);
  }

  /** What `$STATE_DIR/env` of scripts/dev holds. */
  environment() {
    const environment = environmentOf(this.folder, this.publicUrl, this.#settings.adminToken);
    // Tests trust no authority besides those that they were started with: they ask the Worker itself.
    if (this.front) environment.REGISTRY_URL = this.url;
    environment.GOPROXY += `,${process.env.UPSTREAM_GOPROXY}`;
    return { ...environment, ...this.#settings.trust };
  }

  /** Its port for clients, where they come over TLS. */
  get front() {
    return this.#settings.front;
  }

  async startWorker() {
    const { port, vars, generatorUrl, adminToken, secret } = this.#settings;
    const lines = Object.entries({
      PUBLIC_URL: this.publicUrl,
      REGISTRY_HOST: HOST,
      NPM_SCOPE: SCOPE,
      GENERATOR_URL: generatorUrl,
      ADMIN_TOKEN: adminToken,
      WEBHOOK_SECRET: secret,
      ...vars,
    }).map(([name, value]) => `${name}=${value}\n`);
    await writeFile(`${this.folder}/worker.env`, lines.join(""), { mode: 0o600 });
    const args = [
      "dev", `${this.folder}/worker/index.js`, "--config", `${ROOT}/wrangler.toml`, "--local",
      "--ip", "127.0.0.1", "--port", String(port), "--inspector-port", "0",
      "--persist-to", `${this.folder}/bucket`, "--env-file", `${this.folder}/worker.env`,
      "--show-interactive-dev-session=false",
    ];
    const env = { CI: "1", WRANGLER_SEND_METRICS: "false" };
    const log = await open(`${this.folder}/worker.log`, "a");
    this.#worker = new Part(`${ROOT}/node_modules/.bin/wrangler`, args, { env, log });
    await log.close();
    await answers(`${this.url}/`, this.#worker, `${this.folder}/worker.log`);
    const sweep = () => fetch(`${this.url}/cdn-cgi/handler/scheduled`).catch(() => {});
    this.#sweep ??= setInterval(sweep, SWEEP_EVERY_MS);
  }

  async killWorker() {
    await this.#worker.kill();
  }

  /** Starts a generator that sleeps `delay` seconds before each job. */
  async startGenerator(port, delay = 0) {
    const args = [
      "serve", "--listen", `127.0.0.1:${port}`, "--public-url", this.publicUrl,
      "--plugins", `${ROOT}/plugins`, "--install-on-demand", "--jobs", String(JOBS), "--delay", String(delay),
    ];
    const log = await open(`${this.folder}/generator.log`, "a");
    const env = { WEBHOOK_SECRET: this.#settings.secret };
    if (this.front) env.REGISTRY_CA_FILE = `${this.folder}/tls/authority.pem`;
    const part = new Part(GENERATOR, args, { env, log });
    await log.close();
    this.#generators.set(port, part);
    await answers(`http://127.0.0.1:${port}/healthz`, part, `${this.folder}/generator.log`);
  }

  async killGenerator(port) {
    await this.#generators.get(port).kill();
  }

  async publishCatalogue() {
    const env = { REGISTRY_URL: this.url, ADMIN_TOKEN: this.#settings.adminToken };
    const log = await open(`${this.folder}/catalogue.log`, "a");
    const part = new Part(GENERATOR, ["catalogue", "publish", "--plugins", `${ROOT}/plugins`], { env, log });
    await log.close();
    const code = await part.ended;
    if (code !== 0) throw new Error(await readFile(`${this.folder}/catalogue.log`, "utf8"));
  }

  /** Ends everything; keeps the folder if somebody will want to read it. */
  async stop({ keep = false } = {}) {
    clearInterval(this.#sweep);
    for (const part of this.#generators.values()) await part.kill();
    await this.#worker?.kill();
    this.front?.close();
    if (keep) console.error(`logs and state of the registry: ${this.folder}`);
    else await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** What `$STATE_DIR/env` of scripts/dev holds, for a registry at a URL with its state in a folder; go is sent nowhere else. */
export function environmentOf(folder, url, adminToken) {
  const address = new URL(url).host;
  return {
    STATE_DIR: folder,
    REGISTRY_URL: url,
    REGISTRY_HOST: HOST,
    BUF_HOST: address,
    GOPROXY: `${url}/gen/go`,
    GONOSUMDB: HOST,
    NPM_REGISTRY: `${url}/gen/npm/v1/`,
    PYTHON_INDEX: `${url}/gen/python/simple/`,
    NPM_SCOPE: SCOPE,
    BUF_CONFIG_DIR: `${folder}/buf`,
    BUF_TOKEN: `${adminToken}@${address}`,
    ADMIN_TOKEN: adminToken,
  };
}

// Below the ports that systems give to outgoing connections: one of those could take ours before it is used.
const PORTS = { first: 20_000, count: 12_000 };

/** A port that nobody listens on. */
export async function freePort() {
  const port = PORTS.first + randomInt(PORTS.count);
  const isFree = await new Promise((resolve) => {
    const server = createServer()
      .once("error", () => resolve(false))
      .listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
  return isFree ? port : freePort();
}

/** Waits until a part gives any reply. It, and not somebody else at its port. */
async function answers(url, part, log) {
  const deadline = Date.now() + START_WITHIN_MS;
  while (!(await fetch(url).then(() => true, () => false)) || part.isGone) {
    if (part.isGone || Date.now() > deadline) {
      throw new Error(`${url} does not answer; the log ends with\n${(await readFile(log, "utf8")).slice(-2000)}`);
    }
    await sleep(200);
  }
}
