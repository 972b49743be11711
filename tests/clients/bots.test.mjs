// Renovate, which proposes every push and every new version of a plugin by the registry's preset, and without it what docs/bots.md
// says. And every go, which is told where a version came from.

import assert from "node:assert/strict";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { CLIENTS } from "./clients.mjs";
import { Registry, freePort } from "./lib/parts.mjs";
import { fetchTools, program } from "./lib/tools.mjs";

const RENOVATE = { tool: "renovate@44.121.2", main: "renovate/dist/renovate.js" };
const GO = CLIENTS.filter(({ kind }) => kind === "go");

const MODULE = "bots/notes";
const REPOSITORY = "https://git.example.com/bots/notes";
const HASHES = ["1", "2"].map((digit) => digit.repeat(40));

// By each ecosystem: its plugin, and the version of it that some projects stay at.
const PLUGINS = { go: ["protocolbuffers/go", "v1.36.6"], npm: ["bufbuild/es", "v2.10.2"], python: ["protocolbuffers/python", "v35.1.0"] };
// Within which a push's SDKs, which nobody waits for, are listed.
const LISTED_WITHIN_MS = 60_000;

await fetchTools([RENOVATE, ...GO]);
const generator = await freePort();
const registry = await Registry.create({ generatorUrl: `http://127.0.0.1:${generator}` });
after(() => registry.stop({ keep: process.env.KEEP !== undefined }));
await registry.startGenerator(generator);
await registry.startWorker();
await registry.publishCatalogue();
Object.assign(process.env, registry.environment());
const files = ["./lib/modules", "../e2e/lib/buf", "../e2e/lib/registry", "../e2e/lib/run"];
const lib = Object.assign({}, ...(await Promise.all(files.map((file) => import(`${file}.mjs`)))));

const goPackage = lib.goPackage(MODULE, PLUGINS.go[0]);
const npmPackage = lib.npmPackage(MODULE, PLUGINS.npm[0]);
const pythonPackage = lib.pythonPackage(MODULE, PLUGINS.python[0]);
const goPath = `/gen/go/${goPackage}`;
const pythonPath = `/gen/python/simple/${pythonPackage}/`;
const npmPath = `/gen/npm/v1/${npmPackage.replace("/", "%2f")}`;

/** The versions of the first push and of the second one, each by the older plugin and by the newest: `{go, npm, python}`. */
const versions = { older: [], newest: [] };

before(async () => {
  const buf = await lib.Buf.create({ after });
  await buf.ok(["registry", "organization", "create", `${lib.bufHost}/${MODULE.split("/")[0]}`]);
  const folder = await buf.module(MODULE, lib.filesOf(MODULE));
  const push = (hash) => buf.push(folder, "--source-control-url", `${REPOSITORY}/commit/${hash}`);
  await push(HASHES[0]);
  versions.newest.push(await newest());
  const older = await Promise.all(
    ["go", "npm", "python"].map((it) => buf.sdkVersion(MODULE, PLUGINS[it].join(":"))),
  );
  versions.older.push({ go: older[0], npm: older[1], python: older[2] });
  for (const of of [versions.newest[0], versions.older[0]]) await install(of);

  await lib.write(folder, lib.filesOf(MODULE, "renamed"));
  const commit = await push(HASHES[1]);
  versions.older.push({
    go: await listed(goVersions, PLUGINS.go[1], commit),
    npm: await listed(npmVersions, PLUGINS.npm[1].slice(1), commit),
    python: await listed(pythonVersions, PLUGINS.python[1].slice(1), commit),
  });
  versions.newest.push(await newest());
});

async function body(target) {
  const reply = await lib.get(target);
  const text = await reply.text();
  assert.equal(reply.status, 200, `${target}: ${text}`);
  return text;
}

async function newest() {
  const packument = JSON.parse(await body(npmPath));
  const go = JSON.parse(await body(`${goPath}/@latest`)).Version;
  return { go, npm: packument["dist-tags"].latest, python: (await pythonVersions()).at(-1) };
}

/** Asks for what a client that installs these versions asks for. */
async function install({ go, npm, python }) {
  await body(`${goPath}/@v/${go}.zip`);
  const { dist } = JSON.parse(await body(`${npmPath}/${npm}`));
  await body(new URL(dist.tarball).pathname);
  await body(`${pythonPath}${pythonPackage.replaceAll("-", "_")}-${python}-py3-none-any.whl`);
}

const goVersions = async () => (await body(`${goPath}/@v/list`)).split("\n");
const npmVersions = async () => Object.keys(JSON.parse(await body(npmPath)).versions);

const pythonVersions = async () => [...(await body(pythonPath)).matchAll(/>[^<-]+-([^<-]+)-py3/g)].map(([, version]) => version);

/** The version of a commit by a plugin version, once it is among what `list` gives: the push has ordered it. */
async function listed(list, plugin, commit) {
  const deadline = Date.now() + LISTED_WITHIN_MS;
  for (;;) {
    const all = await list();
    const found = all.find((it) => it.startsWith(plugin) && it.includes(commit.slice(0, 12)));
    if (found) return found;
    assert.ok(Date.now() < deadline, `${plugin} at ${commit} is not among ${all}`);
    await sleep(500);
  }
}

/** A project that has a package of each ecosystem. */
function projectOf(name, { go, npm, python }) {
  return {
    [`${name}/go.mod`]: `module example.com/${name}\n\nrequire ${goPackage} ${go}\n`,
    [`${name}/requirements.txt`]: `--extra-index-url ${lib.pythonIndex}\n${pythonPackage}==${python}\n`,
    [`${name}/package.json`]: JSON.stringify({ name, dependencies: { [npmPackage]: npm } }),
  };
}

/** Runs Renovate over three projects that have what the first push made; gives what it found of each: `{"project go": found}`. */
async function lookUp(t, config) {
  const folder = await lib.scratch(t);
  await lib.write(`${folder}/repository`, {
    ...projectOf("behind", versions.older[0]),
    ...projectOf("newest", versions.newest[0]),
    ...projectOf("staying", versions.older[0]),
    "renovate.json": JSON.stringify(config),
  });
  const env = {
    LOG_FORMAT: "json",
    LOG_LEVEL: "debug",
    RENOVATE_BASE_DIR: `${folder}/base`,
    GOPROXY: `${lib.url}/gen/go`,
    GONOPROXY: "",
    GOPRIVATE: "",
  };
  const [command, ...first] = program(RENOVATE);
  const args = [...first, "--platform=local", "--dry-run=lookup"];
  const printed = await lib.ok(command, args, { cwd: `${folder}/repository`, env });
  const lines = printed.split("\n").map((line) => JSON.parse(line));
  const { config: found } = lines.find(({ msg }) => msg === "packageFiles with updates");
  const packages = [...found.gomod, ...found.npm, ...found.pip_requirements].flatMap(({ packageFile, deps }) =>
    deps.filter(({ depName }) => [goPackage, npmPackage, pythonPackage].includes(depName)).map((dep) => [packageFile, dep]),
  );
  const kinds = { "go.mod": "go", "package.json": "npm", "requirements.txt": "python" };
  const nameOf = (file) => `${path.dirname(file)} ${kinds[path.basename(file)]}`;
  return Object.fromEntries(packages.map(([file, dep]) => [nameOf(file), dep]));
}

/** What is proposed of each package: one version, or several where major versions are proposed apart, as they are of protoc. */
function proposed(found) {
  const all = ({ updates }) => {
    const values = updates.map(({ newValue }) => newValue.replace(/^==/, ""));
    return values.length > 1 ? values : values[0];
  };
  return Object.fromEntries(Object.entries(found).map(([name, dep]) => [name, all(dep)]));
}

// As docs/bots.md says it, for the project that stays at its plugins' versions.
const stays = (matchPackageNames, plugin) => ({
  matchFileNames: ["staying/**"],
  matchPackageNames,
  allowedVersions: `/^${plugin.replaceAll(".", "\\.")}-/`,
});
const STAYING = [
  stays([`${lib.host}/gen/go/**/protocolbuffers/go`], PLUGINS.go[1]),
  stays([`${lib.npmScope}/*.bufbuild_es`], PLUGINS.npm[1].slice(1)),
  { ...stays(["*-protocolbuffers-python"], ""), allowedVersions: `/^${PLUGINS.python[1].slice(1).replaceAll(".", "\\.")}\\./` },
];
// As some presets have it.
const AGED = { minimumReleaseAge: "3 days" };

describe("Renovate", () => {
  it("proposes every push and every plugin version with the registry's preset, at once and one group a module", async (t) => {
    const config = { ...AGED, extends: [`${lib.url}/-/renovate.json`], packageRules: STAYING };
    const found = await lookUp(t, config);
    const [, older] = versions.older;
    const [, newest] = versions.newest;
    assert.deepEqual(proposed(found), {
      "behind go": newest.go,
      "newest go": newest.go,
      "staying go": older.go,
      "behind npm": newest.npm,
      "newest npm": newest.npm,
      "staying npm": older.npm,
      "behind python": [older.python, newest.python],
      "newest python": newest.python,
      "staying python": older.python,
    });
    // Names of Python's packages do not say where they are from: the preset has nothing for them.
    const ours = Object.entries(found).filter(([name]) => !name.endsWith(" python"));
    for (const [name, { updates, sourceUrl }] of ours) {
      assert.equal(updates[0].pendingChecks, undefined, `${name} waits for nothing`);
      assert.equal(updates[0].branchName, `renovate/${MODULE.replace("/", "_")}`, name);
      assert.equal(sourceUrl, REPOSITORY, name);
    }
  });

  it("without it proposes no plugin version for npm, waits as long as it is told to, and has one branch a package", async (t) => {
    const found = await lookUp(t, { ...AGED, npmrc: `${lib.npmScope}:registry=${lib.npmRegistry}` });
    const [, older] = versions.older;
    const [, newest] = versions.newest;
    assert.deepEqual(proposed(found), {
      "behind go": newest.go,
      "newest go": newest.go,
      "staying go": newest.go,
      "behind npm": older.npm,
      "newest npm": newest.npm,
      "staying npm": older.npm,
      "behind python": [older.python, newest.python],
      "newest python": newest.python,
      "staying python": [older.python, newest.python],
    });
    const all = Object.values(found).map(({ updates }) => updates[0]);
    assert.ok(all.every(({ pendingChecks }) => pendingChecks), "all of them wait");
    assert.equal(new Set(all.map(({ branchName }) => branchName)).size, 4, "Python's has one for each major version");
  });
});

describe("where a version came from", { concurrency: 2 }, () => {
  for (const client of GO) {
    it(`${client.name} prints it`, async (t) => {
      const cwd = await lib.scratch(t);
      await lib.write(cwd, { "go.mod": "module example.com/origin\n\ngo 1.22\n" });
      const env = { GOMODCACHE: `${cwd}/modules`, GOFLAGS: "-modcacherw -mod=mod", GOTOOLCHAIN: "local", GOWORK: "off" };
      const go = async (...args) => JSON.parse(await lib.ok(program(client)[0], args, { cwd, env }));
      for (const [n, hash] of HASHES.entries()) {
        const version = versions.older[n].go;
        const origin = { VCS: "git", URL: REPOSITORY, Hash: hash };
        const listed = await go("list", "-m", "-json", `${goPackage}@${version}`);
        assert.deepEqual([listed.Version, listed.Origin], [version, origin]);
        const downloaded = await go("mod", "download", "-json", `${goPackage}@${version}`);
        assert.equal(downloaded.Error, undefined);
        assert.match(downloaded.Sum, /^h1:/);
        assert.deepEqual([downloaded.Version, downloaded.Origin], [version, origin]);
      }
      // go prints it of versions that are asked for by name alone.
      assert.equal((await go("list", "-m", "-json", `${goPackage}@latest`)).Version, versions.newest[1].go);
    });
  }
});
