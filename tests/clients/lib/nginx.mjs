// A caching proxy as companies put before registries: nginx, which lets one request through for each URL.

import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { run } from "../../e2e/lib/run.mjs";
import { freePort } from "./parts.mjs";

/** nginx with a cache of its own in front of one server. */
export class Nginx {
  #child;

  #settings;

  constructor(folder, port, settings) {
    this.folder = folder;
    this.#settings = settings;
    this.url = `http://127.0.0.1:${port}`;
    this.port = port;
  }

  /** Says why there is none, or nothing if nginx is installed. */
  static async missing() {
    const found = await run("nginx", ["-v"]).catch((error) => ({ code: error.code }));
    return found.code === 0 ? undefined : `nginx cannot be run (${found.code}): install it (apt-get install nginx-light)`;
  }

  /** `key` says which requests are for the same; `valid`, how long it keeps what says nothing of that. */
  static async create({ key = "$request_uri", valid } = {}) {
    return new this(await mkdtemp(path.join(tmpdir(), "protoedge-nginx-")), await freePort(), { key, valid });
  }

  async start(upstream) {
    await mkdir(`${this.folder}/temp`, { recursive: true });
    await writeFile(`${this.folder}/nginx.conf`, this.#configuration(upstream));
    const args = ["-p", this.folder, "-c", `${this.folder}/nginx.conf`, "-e", `${this.folder}/error.log`];
    this.#child = spawn("nginx", args, { stdio: "ignore" });
    for (let tries = 0; tries < 50; tries++) {
      if (await fetch(this.url).then(() => true, () => false)) return;
      await sleep(100);
    }
    throw new Error(`nginx does not answer: ${await readFile(`${this.folder}/error.log`, "utf8")}`);
  }

  /** Every request so far: `{cache, upstream, status, method, path}`; `upstream` is `-` if it was not asked. */
  async requests() {
    const text = await readFile(`${this.folder}/access.log`, "utf8");
    return text.trim().split("\n").map((line) => {
      const [cache, upstream, status, method, target] = line.split(" ");
      return { cache, upstream, status: Number(status), method, path: target };
    });
  }

  async stop() {
    if (this.#child) {
      const ended = new Promise((resolve) => this.#child.once("exit", resolve));
      this.#child.kill("SIGTERM");
      await ended;
    }
    await rm(this.folder, { recursive: true, force: true });
  }

  #configuration(upstream) {
    // Started by root, its workers would be somebody who may not write here.
    const user = process.getuid() === 0 ? "user root;" : "";
    return `${user}
daemon off;
worker_processes 1;
pid ${this.folder}/nginx.pid;
events { worker_connections 512; }
http {
  log_format plain '$upstream_cache_status $upstream_addr $status $request_method $request_uri';
  access_log ${this.folder}/access.log plain;
  client_body_temp_path ${this.folder}/temp/body;
  proxy_temp_path ${this.folder}/temp/proxy;
  fastcgi_temp_path ${this.folder}/temp/fastcgi;
  uwsgi_temp_path ${this.folder}/temp/uwsgi;
  scgi_temp_path ${this.folder}/temp/scgi;
  proxy_cache_path ${this.folder}/cache keys_zone=sdks:1m;
${this.servers(upstream)}
}
`;
  }

  /** The servers in its configuration. */
  servers(upstream) {
    const { key, valid } = this.#settings;
    return `  server {
    listen 127.0.0.1:${this.port};
    client_max_body_size 100m;
    location / {
      proxy_pass ${upstream};
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_cache sdks;
      proxy_cache_key ${key};
      ${valid ? `proxy_cache_valid ${valid};` : ""}
      proxy_cache_lock on;
    }
  }`;
  }
}
