// The clients' programs, and those before them: fetched once a version, as packages, from wherever this machine gets packages.

import { access, mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import path from "node:path";
import { ok } from "../../e2e/lib/run.mjs";

const TOOLS = process.env.PROTOEDGE_TOOLS ?? path.join(homedir(), ".cache", "protoedge", "tools");

/** What to run for a client: a command and its first arguments. */
export function program(client) {
  if (client.kind === "go") return goProgram(client.tool);
  // Among the repository's own tools.
  if (client.kind === "buf") return ["buf"];
  if (isOfPython(client.tool)) return [path.join(folderOf(client.tool), "bin", client.kind)];
  const modules = path.join(folderOf(client.tool), "node_modules");
  return client.main ? ["node", path.join(modules, client.main)] : [path.join(modules, client.program)];
}

/** Brings in what is missing, one after the other. */
export async function fetchTools(clients) {
  await mkdir(TOOLS, { recursive: true });
  const overrides = new Map(clients.map((client) => [client.tool, client.overrides]));
  const others = new Map(clients.map((client) => [client.tool, client.others]));
  for (const tool of overrides.keys()) {
    if (/^go\d/.test(tool)) await fetchGo(tool);
    else if (isOfPython(tool)) await fetchPython(tool, others.get(tool));
    else if (!(await exists(folderOf(tool)))) await fetchPackage(tool, overrides.get(tool));
  }
}

/** Python packages are named as pip names them. */
function isOfPython(tool) {
  return tool.includes("==");
}

/** Where a Python tool's packages are. */
export function packagesOf({ tool }) {
  return purelib(path.join(folderOf(tool), "bin", "python"));
}

/** Where the packages of a Python's environment are. */
export function purelib(python) {
  return ok(python, ["-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])"]);
}

/** The index that pip asks where nobody says otherwise. */
export function usualIndex() {
  return ok("python3", ["-c", "from pip._internal.models.index import PyPI; print(PyPI.simple_url)"]);
}

/** An environment does not survive being moved: it is made in its place, and a note says that it is whole. */
async function fetchPython(tool, others = []) {
  const home = folderOf(tool);
  const note = path.join(home, "whole");
  if (await exists(note)) return;
  console.error(`fetching ${tool}`);
  await rm(home, { recursive: true, force: true });
  await ok("python3", ["-m", "venv", home], { cwd: TOOLS });
  const python = path.join(home, "bin", "python");
  await ok(python, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", tool, ...others], { cwd: TOOLS });
  await writeFile(note, "");
}

const roots = new Map();

function goProgram(tool) {
  return [path.join(roots.get(tool), "bin", "go")];
}

/** go fetches its own toolchains, and keeps them among the modules. */
async function fetchGo(tool) {
  const env = { GOTOOLCHAIN: tool };
  roots.set(tool, await ok("go", ["env", "GOROOT"], { cwd: TOOLS, env }));
}

/**
 * Builds a program written in Go where there is none yet; gives its path. `sums` are the module's own lines of go.sum, so that
 * it is the one that was tried here.
 */
export async function buildGo({ module, version, main, sums }) {
  await mkdir(TOOLS, { recursive: true });
  const home = folderOf(`${module}@${version}`);
  if (await exists(home)) return path.join(home, "program");
  console.error(`building ${module} ${version}`);
  const made = await mkdtemp(`${home}.`);
  await writeFile(path.join(made, "go.mod"), `module tools.invalid\n\ngo 1.23\n\nrequire ${module} ${version}\n`);
  await writeFile(path.join(made, "go.sum"), `${sums.join("\n")}\n`);
  const env = { GOFLAGS: "-mod=mod", GOWORK: "off", CGO_ENABLED: "0" };
  await ok("go", ["build", "-o", "program", main], { cwd: made, env });
  await rename(made, home).catch(() => rm(made, { recursive: true }));
  return path.join(home, "program");
}

function folderOf(tool) {
  return path.join(TOOLS, tool.replaceAll("/", "-"));
}

/** No install scripts: the programs come as packages for each system. `overrides` are npm's, for its dependencies. */
async function fetchPackage(tool, overrides = {}) {
  console.error(`fetching ${tool}`);
  const home = folderOf(tool);
  const made = await mkdtemp(`${home}.`);
  await writeFile(path.join(made, "package.json"), JSON.stringify({ overrides }));
  const flags = ["--prefix", made, "--no-save", "--ignore-scripts", "--loglevel=error"];
  await ok("npm", ["install", ...flags, tool], { cwd: TOOLS });
  // Somebody else may have been faster.
  await rename(made, home).catch(() => rm(made, { recursive: true }));
}

function exists(file) {
  return access(file).then(() => true, () => false);
}
