// A program that runs beside others, and what it has cost.

import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync, readdirSync } from "node:fs";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

// What is measured has a processor to itself; what it is measured with, the other one.
export const MEASURED_CPU = 0;
export const OTHER_CPU = 1;

// Until a started program must listen: on a busy machine the runtime takes its time.
const LISTENS_WITHIN_MS = 60_000;
// What is done when a request is answered, such as a line of the log, takes no longer.
const SETTLED_MS = 100;
const SETTLES_WITHIN_MS = 10_000;
// Less than one request costs.
const IDLE_NS = 100_000;

/** A program of its own group, on one processor where `cpu` says so. */
export class Program {
  static #running = new Set();

  /** Ends all that were started and run: none stays behind, however the bench ends. */
  static endAll() {
    for (const { child } of Program.#running) process.kill(-child.pid, "SIGKILL");
    Program.#running.clear();
  }

  constructor(command, args, { log, cpu, env = {}, cwd }) {
    const [program, ...rest] = cpu === undefined ? [command, ...args] : ["taskset", "-c", String(cpu), command, ...args];
    const file = openSync(log, "a");
    this.log = log;
    this.child = spawn(program, rest, { env: { ...process.env, ...env }, cwd, stdio: ["ignore", file, file], detached: true });
    closeSync(file);
    this.ended = new Promise((resolve) => {
      this.child.once("exit", resolve);
      this.child.once("error", (error) => resolve(error.message));
    });
    if (this.child.pid !== undefined) Program.#running.add(this);
    this.ended.then((how) => {
      this.end = how ?? "killed";
      Program.#running.delete(this);
    });
  }

  /** Waits until it takes connections at a port; no request reaches it. */
  async listens(port) {
    const until = Date.now() + LISTENS_WITHIN_MS;
    while (!(await takesConnections(port))) {
      if (this.end !== undefined || Date.now() > until) {
        throw new Error(`${this.child.spawnargs.join(" ")} does not listen (${this.end ?? "too slow"}):\n${this.lastWords()}`);
      }
      await sleep(2);
    }
  }

  lastWords() {
    return readFileSync(this.log, "utf8").slice(-2000);
  }

  /** Nanoseconds that it and its children were on a processor. */
  cpu() {
    if (this.end !== undefined) throw new Error(`a server stopped (${this.end}):\n${this.lastWords()}`);
    return family(this.child.pid).reduce((sum, pid) => sum + cpuOf(pid), 0);
  }

  /** Waits until it is idle: what was begun belongs to whoever began it. */
  async settle() {
    const until = Date.now() + SETTLES_WITHIN_MS;
    for (let before = this.cpu(); ; ) {
      await sleep(SETTLED_MS);
      const now = this.cpu();
      if (now - before < IDLE_NS) return;
      if (Date.now() > until) throw new Error(`${this.child.spawnargs.join(" ")} is not idle after ${SETTLES_WITHIN_MS} ms`);
      before = now;
    }
  }

  async stop(signal = "SIGTERM") {
    if (this.end !== undefined || this.child.pid === undefined) return;
    process.kill(-this.child.pid, signal);
    await this.ended;
  }
}

function takesConnections(port) {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

/** A process and all that came of it. */
function family(pid) {
  const children = tasks(pid).flatMap((task) => read(`/proc/${pid}/task/${task}/children`).split(" "));
  return [pid, ...children.filter((child) => child.trim() !== "").flatMap((child) => family(Number(child)))];
}

/** Of all threads that it has now, in nanoseconds: `stat` counts hundredths of a second. */
function cpuOf(pid) {
  return tasks(pid).reduce((sum, task) => sum + Number(read(`/proc/${pid}/task/${task}/schedstat`).split(" ")[0]), 0);
}

function tasks(pid) {
  return existing(() => readdirSync(`/proc/${pid}/task`)) ?? [];
}

function read(file) {
  return existing(() => readFileSync(file, "utf8")) ?? "";
}

/** What is read, or nothing of a thread that has ended meanwhile. */
function existing(work) {
  try {
    return work();
  } catch (error) {
    if (["ENOENT", "ESRCH"].includes(error.code)) return undefined;
    throw error;
  }
}
