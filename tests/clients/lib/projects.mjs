// One user's project: how each kind of client is told to install, and what it then has.

import { readFile, rm } from "node:fs/promises";
import path from "node:path";
import { environment, settingsOf } from "../../e2e/lib/clients.mjs";
import { bufHost, goPackage, goproxy, host, npmPackage, npmScope, pythonIndex, pythonPackage } from "../../e2e/lib/registry.mjs";
import { ok, run, write } from "../../e2e/lib/run.mjs";
import { messageOf } from "./modules.mjs";
import { packagesOf, program, purelib, usualIndex } from "./tools.mjs";

/** The runtime is a peer of the generated packages, and the programs here import it through them. */
const RUNTIME = "@bufbuild/protobuf@^2";

/** A version that no package has. */
export const UNKNOWN = "v9.9.9";

/** What the kinds of clients for npm packages are called with. */
const KINDS = {
  npm: { add: ["install"], again: ["ci"], lock: "package-lock.json" },
  pnpm: { add: ["add"], again: ["install", "--frozen-lockfile"], lock: "pnpm-lock.yaml" },
  "yarn 1": {
    add: ["add", "--non-interactive"],
    again: ["install", "--non-interactive", "--frozen-lockfile"],
    lock: "yarn.lock",
  },
  "yarn 4": { add: ["add"], again: ["install", "--immutable"], lock: "yarn.lock" },
  bun: { add: ["add"], again: ["install", "--frozen-lockfile"], lock: "bun.lock" },
  deno: { add: ["add"], again: ["install", "--frozen"], lock: "deno.lock", prefix: "npm:" },
};

/** A project in an empty folder, for a module's code; the buf command's is for the module itself. */
export async function project(client, folder, module) {
  const Kind = { go: GoProject, buf: BufProject, ...PYTHON }[client.kind] ?? NodeProject;
  const made = new Kind(client, folder, module);
  await made.write();
  return made;
}

class Project {
  constructor(client, folder, module) {
    Object.assign(this, { client, folder, module });
    this.cwd = path.join(folder, "project");
    this.caches = path.join(folder, "caches");
    [this.command, ...this.first] = program(client);
  }

  /** Runs the client; gives its exit code and all that it said. */
  async call(args) {
    const options = { cwd: this.cwd, env: this.env };
    const { code, stdout, stderr } = await run(this.command, [...this.first, ...args], options);
    return { code, said: `${stdout}\n${stderr}` };
  }

  /** Whether the lock file pins the commit that this stamp names. */
  async pins(stamp) {
    const text = await readFile(path.join(this.cwd, this.lock), "utf8").catch(() => "");
    return text.includes(stamp);
  }
}

class GoProject extends Project {
  lock = "go.mod";

  constructor(client, folder, module) {
    super(client, folder, module);
    this.package = goPackage(module, "protocolbuffers/go");
    this.env = {
      GOPROXY: goproxy,
      GONOSUMDB: host,
      GOMODCACHE: this.caches,
      GOFLAGS: "-modcacherw",
      GOWORK: "off",
      GOTOOLCHAIN: "local",
    };
  }

  write() {
    return write(this.cwd, { "go.mod": "module example.com/clients\n\ngo 1.22\n" });
  }

  install(stamp) {
    return this.call(["get", this.#at(stamp)]);
  }

  upgrade(stamp) {
    return this.call(["get", this.#at(stamp)]);
  }

  /** Several packages in one command: `{module, plugin}`, with the stamp of the module's newest commit. */
  installAll(packages) {
    const { plugin, connect } = this.client;
    const versions = { "protocolbuffers/go": plugin, "connectrpc/go": connect };
    const spec = ({ module, plugin, stamp }) => {
      const version = versions[plugin];
      return `${goPackage(module, plugin)}@${version ? `${version}-${stamp}.1` : "latest"}`;
    };
    return this.call(["get", ...packages.map(spec)]);
  }

  /** What a second machine does: nothing but go.mod and go.sum are there. */
  async again() {
    await rm(this.caches, { recursive: true, force: true });
    const downloaded = await this.call(["mod", "download"]);
    return downloaded.code === 0 ? this.call(["mod", "verify"]) : downloaded;
  }

  unknownVersion() {
    this.#askOnlyOurs();
    return this.call(["get", `${this.package}@${UNKNOWN}`]);
  }

  unknownPackage() {
    this.#askOnlyOurs();
    return this.install();
  }

  /** Behind our proxy there is none: go shows what the last one says. */
  #askOnlyOurs() {
    [this.env.GOPROXY] = this.env.GOPROXY.split(",");
  }

  /** What is asked for first: of the package, and of a version that there is not. */
  get document() {
    return `/gen/go/${this.package}/@latest`;
  }

  get unknownDocument() {
    return `/gen/go/${this.package}/@v/${UNKNOWN}.info`;
  }

  #at(stamp) {
    const { plugin } = this.client;
    return `${this.package}@${plugin && stamp ? `${plugin}-${stamp}.1` : "latest"}`;
  }
}

class BufProject extends Project {
  lock = "buf.lock";

  constructor(client, folder, module) {
    super(client, folder, module);
    this.package = `${bufHost}/${module}`;
    this.env = { HOME: folder, XDG_CACHE_HOME: this.caches };
  }

  write() {
    return write(this.cwd, { "buf.yaml": `version: v2\ndeps:\n  - ${this.package}\n` });
  }

  async install() {
    const updated = await this.unknownPackage();
    return updated.code === 0 ? this.call(["build"]) : updated;
  }

  unknownPackage() {
    return this.call(["dep", "update"]);
  }

  /** What a second machine does: nothing but buf.lock is there. */
  async again() {
    await rm(this.caches, { recursive: true, force: true });
    return this.call(["build"]);
  }

  /** Its lock file has commits alone. */
  pins(stamp) {
    return super.pins(stamp.split("-")[1]);
  }

  /** Whose reply has the words that the buf command is told, too. */
  get document() {
    return `/gen/go/${goPackage(this.module, "protocolbuffers/go")}/@latest`;
  }
}

class NodeProject extends Project {
  #settings;

  constructor(client, folder, module) {
    super(client, folder, module);
    this.package = npmPackage(module, "bufbuild/es");
    this.kind = KINDS[client.kind];
    this.lock = this.kind.lock;
    this.env = {
      ...environment(folder),
      DENO_DIR: path.join(this.caches, "deno"),
      NPM_CONFIG_CACHE: path.join(this.caches, "npm"),
    };
  }

  async write() {
    const { client } = this;
    const settings = await settingsOf();
    settings[".npmrc"] += "audit=false\nfund=false\n";
    if (client.linker) {
      const usual = settings[".yarnrc.yml"];
      settings[".yarnrc.yml"] = usual.replace("nodeLinker: node-modules", `nodeLinker: ${client.linker}`);
    }
    if (client.hasAgeGate) {
      settings["pnpm-workspace.yaml"] = `minimumReleaseAgeExclude: ["${npmScope}/*"]\n`;
    }
    if (client.kind === "deno") {
      const exclude = [`npm:${npmScope}/*`];
      settings["deno.json"] = JSON.stringify({ minimumDependencyAge: { age: "P1D", exclude } });
    }
    const [message, file] = messageOf(this.module);
    settings["main.js"] =
      `import { ${message}Schema } from "${this.package}/${file}_pb.js";\nconsole.log(${message}Schema.typeName);\n`;
    this.#settings = settings;
    await write(this.cwd, settings);
  }

  /** Puts more into one of its files than was written first; what was added before is gone. */
  add(name, text = "") {
    return write(this.cwd, { [name]: this.#settings[name] + text });
  }

  install() {
    return this.#add(this.package, RUNTIME);
  }

  upgrade() {
    return this.#add(`${this.package}@latest`);
  }

  /** Several packages in one command: `{module, plugin}`. */
  installAll(packages) {
    return this.#add(...packages.map(({ module, plugin }) => npmPackage(module, plugin)));
  }

  /** What a second machine does; then a program uses the package. */
  async again() {
    for (const folder of [path.join(this.cwd, "node_modules"), path.join(this.cwd, ".pnp.cjs"), this.caches]) {
      await rm(folder, { recursive: true, force: true });
    }
    const installed = await this.call(this.kind.again);
    if (installed.code !== 0) return installed;
    const { code, stdout, stderr } = await run(...this.#program(), { cwd: this.cwd, env: this.env });
    return { code, said: `${stdout}\n${stderr}` };
  }

  unknownVersion() {
    return this.#add(`${this.package}@${UNKNOWN.slice(1)}`);
  }

  unknownPackage() {
    return this.#add(this.package);
  }

  get document() {
    return `/gen/npm/v1/${this.package.replace("/", "%2f")}`;
  }

  #add(...specs) {
    const prefix = this.kind.prefix ?? "";
    return this.call([...this.kind.add, ...specs.map((spec) => prefix + spec)]);
  }

  #program() {
    if (this.client.linker) return [this.command, [...this.first, "node", "main.js"]];
    if (this.client.kind === "deno") return [this.command, ["run", "--allow-all", "main.js"]];
    return ["node", ["main.js"]];
  }
}

/** What those for Python packages have in common: a program, and an environment that is made by them or for them. */
class PythonProject extends Project {
  constructor(client, folder, module) {
    super(client, folder, module);
    this.package = pythonPackage(module, "protocolbuffers/python");
    this.index = pythonIndex;
    this.env = {
      HOME: folder,
      XDG_CACHE_HOME: this.caches,
      PIP_CACHE_DIR: path.join(this.caches, "pip"),
      PIP_DISABLE_PIP_VERSION_CHECK: "1",
      // As long as it waits where nobody set anything.
      PIP_DEFAULT_TIMEOUT: "15",
      UV_CACHE_DIR: path.join(this.caches, "uv"),
      UV_PYTHON_DOWNLOADS: "never",
      POETRY_VIRTUALENVS_IN_PROJECT: "true",
      POETRY_CACHE_DIR: path.join(this.caches, "poetry"),
      PDM_CACHE_DIR: path.join(this.caches, "pdm"),
      PDM_CHECK_UPDATE: "0",
    };
  }

  /** The project's files, with the index at this address. */
  async write() {
    const [, file] = messageOf(this.module);
    await write(this.cwd, {
      "main.py": `import importlib\nprint(importlib.import_module("${file.replaceAll("/", ".")}_pb2").Note.DESCRIPTOR.full_name)\n`,
      ...(await this.settings()),
    });
  }

  /** The same with credentials in the index's address, or without. */
  async setIndex(index) {
    this.index = index;
    await write(this.cwd, await this.settings());
  }

  get project() {
    return `[project]\nname = "clients"\nversion = "1.0.0"\nrequires-python = ">=3.11"\ndependencies = []\n`;
  }

  pins(stamp) {
    return super.pins(stamp.replace("-", "+"));
  }

  install() {
    return this.add(this.package);
  }

  installAll(packages) {
    return this.add(...packages.map(({ module, plugin }) => pythonPackage(module, plugin)));
  }

  unknownVersion() {
    return this.add(`${this.package}==${UNKNOWN.slice(1)}`);
  }

  unknownPackage() {
    return this.add(this.package);
  }

  /** What a second machine does: nothing but the lock file is there; then a program uses the package. */
  async again() {
    for (const folder of [path.join(this.cwd, ".venv"), this.caches]) await rm(folder, { recursive: true, force: true });
    const installed = await this.installLocked();
    if (installed.code !== 0) return installed;
    const { code, stdout, stderr } = await run(path.join(this.cwd, ".venv", "bin", "python"), ["main.py"], { cwd: this.cwd, env: this.env });
    return { code, said: `${stdout}\n${stderr}` };
  }

  get document() {
    return `/gen/python/simple/${this.package}/`;
  }
}

/** pip runs in the environment that it installs into; there its own package is lent to it. */
class PipProject extends PythonProject {
  lock = "requirements.txt";

  async settings() {
    return {};
  }

  async call(args) {
    const venv = path.join(this.cwd, ".venv");
    await ok("python3", ["-m", "venv", "--without-pip", venv], { env: this.env });
    const env = { ...this.env, PYTHONPATH: await packagesOf(this.client), PIP_EXTRA_INDEX_URL: this.index };
    const { code, stdout, stderr } = await run(path.join(venv, "bin", "python"), ["-m", "pip", ...args], { cwd: this.cwd, env });
    return { code, said: `${stdout}\n${stderr}`, stdout };
  }

  async add(...specs) {
    const came = await this.call(["install", ...specs]);
    // Without what is lent.
    const frozen = await this.call(["list", "--format=freeze", "--path", await purelib(path.join(this.cwd, ".venv", "bin", "python"))]);
    await write(this.cwd, { [this.lock]: frozen.stdout });
    return came;
  }

  upgrade() {
    return this.add("--upgrade", this.package);
  }

  installLocked() {
    return this.call(["install", "--requirement", this.lock]);
  }
}

class UvProject extends PythonProject {
  lock = "uv.lock";

  async settings() {
    return { "pyproject.toml": `${this.project}\n[[tool.uv.index]]\nname = "ours"\nurl = "${this.index}"\n` };
  }

  add(...specs) {
    return this.call(["add", ...specs]);
  }

  async upgrade() {
    const locked = await this.call(["lock", "--upgrade-package", this.package, "--refresh-package", this.package]);
    return locked.code === 0 ? this.call(["sync"]) : locked;
  }

  installLocked() {
    return this.call(["sync", "--frozen"]);
  }
}

class PoetryProject extends PythonProject {
  lock = "poetry.lock";

  /** Other packages come from the same index as pip's. */
  async settings() {
    const source = (name, url, priority) => `\n[[tool.poetry.source]]\nname = "${name}"\nurl = "${url}"\npriority = "${priority}"\n`;
    const others = await usualIndex();
    const about = "[tool.poetry]\npackage-mode = false\n";
    return { "pyproject.toml": `${this.project}\n${about}${source("others", others, "primary")}${source("ours", this.index, "supplemental")}` };
  }

  add(...specs) {
    return this.call(["add", "--no-interaction", ...specs]);
  }

  upgrade() {
    return this.add(`${this.package}@latest`);
  }

  installLocked() {
    return this.call(["install", "--no-interaction"]);
  }
}

class PdmProject extends PythonProject {
  lock = "pdm.lock";

  async settings() {
    return { "pyproject.toml": `${this.project}\n[[tool.pdm.source]]\nname = "ours"\nurl = "${this.index}"\n` };
  }

  add(...specs) {
    return this.call(["add", ...specs]);
  }

  upgrade() {
    return this.call(["update", "--update-eager", this.package]);
  }

  installLocked() {
    return this.call(["sync"]);
  }
}

const PYTHON = { pip: PipProject, uv: UvProject, poetry: PoetryProject, pdm: PdmProject };
