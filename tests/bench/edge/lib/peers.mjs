// What is compared: our Worker, a plain one and nginx, and the stand-in for R2 behind the first two.

import { cp, mkdir, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { freePort } from "../../../clients/lib/parts.mjs";
import { MEASURED_CPU, OTHER_CPU, Program } from "./program.mjs";

const ROOT = path.join(import.meta.dirname, "..", "..", "..", "..");

/** The runtime that comes with wrangler: `{default: its executable, version}`. */
export const workerd = createRequire(`${ROOT}/package.json`)("workerd");

/** The stand-in for R2; what it counts and holds can be asked for. */
export class BucketServer extends Program {
  static async start(folder, name, program) {
    const port = await freePort();
    const server = new BucketServer(program, [`127.0.0.1:${port}`], { log: `${folder}/${name}.log`, cpu: OTHER_CPU });
    server.port = port;
    await server.listens(port);
    return server;
  }

  async #side(target, options) {
    const reply = await fetch(`http://127.0.0.1:${this.port}/__${target}`, options);
    if (!reply.ok) throw new Error(`the stand-in for R2: ${target}: ${reply.status}`);
    return reply;
  }

  async put(key, body) {
    await this.#side(`object?${new URLSearchParams({ key })}`, { method: "PUT", body });
  }

  async countAnew() {
    await this.#side("operations", { method: "POST" });
  }

  /** `{total, by, trace, refused}` since the count began anew. */
  async counted() {
    return (await this.#side("operations")).json();
  }

  async keys(prefix) {
    return (await this.#side(`keys?${new URLSearchParams({ prefix })}`)).json();
  }
}

/** A Worker in a folder with its modules and settings, which may be started again and again. */
export class WorkerServer {
  #options;

  constructor(name, folder, options) {
    this.name = name;
    this.folder = folder;
    this.bucket = options.bucket;
    this.#options = options;
  }

  /** `modules`: names in the configuration, with the files that they are copied from. */
  static async create(folder, name, { modules, vars = {}, bucket, date }) {
    const port = await freePort();
    const worker = new WorkerServer(name, `${folder}/${name}`, { modules, vars, bucket, date });
    worker.port = port;
    worker.url = `http://127.0.0.1:${port}`;
    await mkdir(worker.folder);
    for (const [module, file] of Object.entries(modules)) await cp(file, `${worker.folder}/${module}`);
    return worker;
  }

  /** Starts a new one at the same port, without a request; those before it must have stopped. */
  async start(vars = {}) {
    Object.assign(this.#options.vars, vars);
    await writeFile(`${this.folder}/config.capnp`, this.#config());
    this.program = new Program(workerd.default, ["serve", `${this.folder}/config.capnp`], {
      log: `${this.folder}.log`,
      cpu: MEASURED_CPU,
    });
    await this.program.listens(this.port);
  }

  /** At once: asked to end, the runtime waits until clients have closed their connections. */
  async stop() {
    await this.program?.stop("SIGKILL");
  }

  async put(key, body) {
    await this.bucket.put(key, body);
  }

  #config() {
    const { modules, vars, date } = this.#options;
    const listed = Object.keys(modules).map((module) => {
      const kind = module.endsWith(".wasm") ? "wasm" : "esModule";
      return `(name = ${JSON.stringify(module)}, ${kind} = embed ${JSON.stringify(module)})`;
    });
    const bound = Object.entries(vars).map(([name, value]) => `(name = "${name}", text = ${JSON.stringify(value)})`);
    return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    (name = "bucket", external = (address = "127.0.0.1:${this.bucket.port}", http = ())),
    (name = "internet", network = (allow = ["private"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:${this.port}", http = (), service = "main")],
);
const worker :Workerd.Worker = (
  modules = [${listed.join(", ")}],
  bindings = [(name = "BUCKET", r2Bucket = "bucket"), ${bound.join(", ")}],
  compatibilityDate = "${date}",
);
`;
  }
}

/** Files of a folder by nginx. */
export class FileServer {
  constructor(folder) {
    this.name = "nginx";
    this.folder = folder;
  }

  static async create(folder) {
    const server = new FileServer(`${folder}/nginx`);
    server.port = await freePort();
    server.url = `http://127.0.0.1:${server.port}`;
    await mkdir(`${server.folder}/files`, { recursive: true });
    await writeFile(`${server.folder}/nginx.conf`, server.#config());
    return server;
  }

  async put(key, body) {
    const file = `${this.folder}/files/${key}`;
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, body);
  }

  async start() {
    const args = ["-p", this.folder, "-c", `${this.folder}/nginx.conf`, "-e", `${this.folder}/error.log`];
    this.program = new Program("nginx", args, { log: `${this.folder}.log`, cpu: MEASURED_CPU });
    await this.program.listens(this.port);
  }

  async stop() {
    await this.program?.stop();
  }

  #config() {
    const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    // Started by root, its workers would be somebody who may not read here.
    return `${process.getuid() === 0 ? "user root;" : ""}
daemon off;
worker_processes 1;
pid ${this.folder}/nginx.pid;
events { worker_connections 512; }
http {
  access_log off;
  sendfile on;
  keepalive_requests 1000000;
${temporary.map((name) => `  ${name}_temp_path ${this.folder}/temp_${name};`).join("\n")}
  server {
    listen 127.0.0.1:${this.port};
    root ${this.folder}/files;
  }
}
`;
  }
}
