// What becomes of clients' commands while the bucket fails one of twenty operations. WORKER is the folder of a
// Worker that was built for that.

import { readFile } from "node:fs/promises";
import { CLIENTS } from "../clients/clients.mjs";
import { Registry, freePort } from "../clients/lib/parts.mjs";
import { fetchTools } from "../clients/lib/tools.mjs";

// Users of each client, each with a module of his own.
const ROUNDS = Number(process.env.ROUNDS ?? 2);
// More would measure how busy this machine is.
const AT_ONCE = 4;

const cleanups = [];
const t = { after: (cleanup) => cleanups.push(cleanup) };
const failed = [];
let commands = 0;
// What reads the registry's environment: loaded when there is one.
let lib;

/** Counts a command; what it said is kept if it failed. */
async function command(name, run) {
  commands += 1;
  const { code, said } = await run();
  if (code !== 0) failed.push(`${name}\n${said}`);
  return code === 0;
}

await fetchTools(CLIENTS);
const port = await freePort();
const registry = await Registry.create({ worker: process.env.WORKER, generatorUrl: `http://127.0.0.1:${port}` });
try {
  await registry.startWorker();
  await registry.publishCatalogue();
  await registry.startGenerator(port);
  Object.assign(process.env, registry.environment());
  const names = ["clients/lib/matrix", "clients/lib/modules", "clients/lib/projects", "e2e/lib/buf", "e2e/lib/registry", "e2e/lib/run"];
  lib = Object.assign({}, ...(await Promise.all(names.map((name) => import(`../${name}.mjs`)))));
  await measure();
} finally {
  for (const cleanup of cleanups) await cleanup();
  await registry.stop({ keep: process.env.KEEP !== undefined });
}

async function measure() {
  const buf = await lib.Buf.create(t);
  const users = CLIENTS.flatMap((client) => Array.from({ length: ROUNDS }, (_, round) => ({ client, round })));
  const args = ["registry", "organization", "create", `${lib.bufHost}/days`];
  await command("buf registry organization create", () => bufRun(buf, args));
  const next = users.values();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const user of next) await day(buf, user);
    }),
  );
  const log = await readFile(`${registry.folder}/worker.log`, "utf8");
  const faults = log.split("\n").filter((line) => line.includes('"event":"fault"')).length;
  console.log(`${commands - failed.length} of ${commands} client commands succeeded while ${faults} bucket operations failed`);
  for (const said of failed) console.log(`\nfailed: ${said}`);
  if (failed.length > 0) process.exitCode = 1;
}

/** A push, an install, the same on a second machine, another push, an upgrade. */
async function day(buf, { client, round }) {
  const module = `days/day-${round}-${client.name.replaceAll(/[ .]/g, "-")}`;
  const push = async (field) => {
    const folder = await buf.module(module, lib.filesOf(module, field));
    const args = ["push", folder, "--create", "--create-visibility", "public"];
    return command(`buf push (for ${client.name})`, () => bufRun(buf, args));
  };
  if (!(await push("text"))) return;
  const at = await lib.project(client, await lib.scratch(t), module);
  const stamp = await lib.stampOf(module);
  if (!(await command(`${client.name}: install`, () => at.install(stamp)))) return;
  await command(`${client.name}: install from the lock file`, () => at.again());
  if (!(await push("changed"))) return;
  const newer = await lib.stampOf(module);
  await command(`${client.name}: upgrade`, () => at.upgrade(newer));
}

async function bufRun(buf, args) {
  const { code, stdout, stderr } = await lib.run("buf", args, { cwd: buf.home, env: buf.env });
  return { code, said: stdout + stderr };
}
