// Programs in folders of their own.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

// The longest that one command may take: a first request may wait for the plugins to be built.
const LIMIT_MS = 600_000;

/** A folder that goes away with the test. */
export async function scratch(t) {
  const folder = await mkdtemp(path.join(tmpdir(), "protoedge-e2e-"));
  t.after(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));
  return folder;
}

/** Writes files, given as an object of path to text. */
export async function write(folder, files) {
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(folder, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, text);
  }
}

/** The files of a folder, an object of path to text. */
export async function read(folder) {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  const names = found
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)));
  const texts = names.map(async (name) => [name, await readFile(path.join(folder, name), "utf8")]);
  return Object.fromEntries(await Promise.all(texts));
}

/** Runs a program to its end: `{code, stdout, stderr}`. It is killed by its own group's id. */
export function run(program, args, { cwd, env = {}, input = "" } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env: { ...process.env, ...env }, detached: true });
    const timer = setTimeout(() => process.kill(-child.pid, "SIGKILL"), LIMIT_MS);
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text) => (stderr += text));
    child.on("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      resolve({ code: code ?? signal, stdout, stderr });
    });
    child.stdin.on("error", () => {}); // The program may end without reading.
    child.stdin.end(input);
  });
}

/** Says why a program cannot be run, or nothing if it can. */
export async function missing(program) {
  const { code } = await run(program, ["--version"]).catch((error) => ({ code: error.code }));
  return code === 0 ? undefined : `${program} cannot be run (${code}): install it`;
}

/** The same, but the program must succeed; gives what it printed. */
export async function ok(program, args, options) {
  const { code, stdout, stderr } = await run(program, args, options);
  assert.equal(code, 0, `${program} ${args.join(" ")}\nexit ${code}\n${stdout}\n${stderr}`);
  return stdout.trim();
}

/** The same, but the program must fail; gives all that it printed. */
export async function fails(program, args, options) {
  const { code, stdout, stderr } = await run(program, args, options);
  assert.notEqual(code, 0, `${program} ${args.join(" ")} succeeded\n${stdout}\n${stderr}`);
  return stdout + stderr;
}
