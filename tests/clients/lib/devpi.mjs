// A caching proxy as companies put before Python's indexes: devpi, which keeps what it read of a project for half an hour.

import { spawn } from "node:child_process";
import { mkdtemp, open, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ok } from "../../e2e/lib/run.mjs";
import { freePort } from "./parts.mjs";
import { program } from "./tools.mjs";

export const SERVER = { kind: "devpi-server", tool: "devpi-server==6.20.3" };
const START_WITHIN_MS = 60_000;

/** devpi with a store of its own, whose index `root/ours` mirrors one index. */
export class Devpi {
  #child;

  constructor(folder, port) {
    this.folder = folder;
    this.port = port;
    this.url = `http://127.0.0.1:${port}`;
    /** Its own index, for pip. */
    this.pythonIndex = `${this.url}/root/ours/+simple/`;
  }

  /** Starts it, which was fetched before, in front of an index. Without another setting it gives a request up after 5 s. */
  static async start({ index, requestTimeout = 30 }) {
    const folder = await mkdtemp(path.join(tmpdir(), "protoedge-devpi-"));
    const proxy = new Devpi(folder, await freePort());
    const [command] = program(SERVER);
    const init = path.join(path.dirname(command), "devpi-init");
    await ok(init, ["--serverdir", folder, "--no-root-pypi"]);
    await proxy.#spawn(command, requestTimeout);
    await proxy.#mirror(index);
    return proxy;
  }

  /** Everything that it has of a project: the names of the files on its page. */
  async files(name) {
    const page = await fetch(`${this.pythonIndex}${name}/`, { headers: { "user-agent": "pip/26.3" } });
    return [...(await page.text()).matchAll(/>([^<]+\.whl)</g)].map(([, file]) => file);
  }

  async stop() {
    const ended = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#child.kill("SIGTERM");
    await ended;
    await rm(this.folder, { recursive: true, force: true });
  }

  async #spawn(command, requestTimeout) {
    const log = await open(`${this.folder}/log`, "a");
    const args = ["--serverdir", this.folder, "--port", `${this.port}`, "--request-timeout", `${requestTimeout}`];
    this.#child = spawn(command, args, { stdio: ["ignore", log.fd, log.fd] });
    await log.close();
    const deadline = Date.now() + START_WITHIN_MS;
    while (!(await fetch(`${this.url}/+api`).then(({ ok }) => ok, () => false))) {
      if (this.#child.exitCode !== null || Date.now() > deadline) {
        throw new Error(`devpi does not answer: ${await readFile(`${this.folder}/log`, "utf8")}`);
      }
      await sleep(200);
    }
  }

  async #mirror(index) {
    const json = { accept: "application/json", "content-type": "application/json" };
    const login = await this.#call("POST", "/+login", json, { user: "root", password: "" });
    const token = Buffer.from(`root:${login.result.password}`).toString("base64");
    const settings = { type: "mirror", mirror_url: index, title: "ours" };
    await this.#call("PUT", "/root/ours", { ...json, "x-devpi-auth": token }, settings);
  }

  async #call(method, at, headers, body) {
    const reply = await fetch(`${this.url}${at}`, { method, headers, body: JSON.stringify(body) });
    const text = await reply.text();
    if (!reply.ok) throw new Error(`devpi: ${method} ${at}: ${reply.status} ${text}`);
    return JSON.parse(text);
  }
}
