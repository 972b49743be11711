// What many Python packages cost a user: `pip install` and `uv sync` from the registry against the same files by nginx.

import { CLIENTS } from "../../../clients/clients.mjs";
import { fetchTools, program } from "../../../clients/lib/tools.mjs";
import { ok, scratch, write } from "../../../e2e/lib/run.mjs";
import { small } from "./modules.mjs";
import { timed } from "./timed.mjs";

const PLUGIN = "protocolbuffers/python";
const UV = CLIENTS.find(({ kind }) => kind === "uv");
/** What packages need besides, which comes from elsewhere: it is not what is measured. */
const ELSEWHERE = ["protobuf", "types-protobuf"];

/** Seconds of each, one a round: `{pip: {protoedge, nginx}, uv: {protoedge, nginx}}`. `nginx` has the same files afterwards. */
export async function measurePython(lib, buf, registry, nginx, { packages, rounds }) {
  await fetchTools([UV]);
  const modules = Array.from({ length: packages }, (_, n) => `bench/py${n}`);
  for (const module of modules) await buf.publish(module, small(module.split("/")[1]));
  const names = modules.map((module) => lib.pythonPackage(module, PLUGIN));
  for (const name of [...names, ...modules.map((module) => lib.pythonPackage(module, "protocolbuffers/pyi"))]) {
    await mirror(lib, nginx, name);
  }
  const indexes = { protoedge: `${registry.url}/gen/python/simple/`, nginx: `${nginx.url}/simple/` };
  const found = { pip: { protoedge: [], nginx: [] }, uv: { protoedge: [], nginx: [] } };
  // The first round fills the caches of the machine.
  for (let round = 0; round <= rounds; round++) {
    const turn = round % 2 === 0 ? ["protoedge", "nginx"] : ["nginx", "protoedge"];
    for (const peer of turn) {
      const [[pip], [uv]] = [await pipInstall(indexes[peer], names), await uvSync(indexes[peer], names)];
      if (round === 0) continue;
      found.pip[peer].push(pip);
      found.uv[peer].push(uv);
    }
  }
  return found;
}

/** A project's page, with all of its files. */
async function mirror(lib, nginx, name) {
  const at = `/gen/python/simple/${name}/`;
  const page = await (await lib.get(at)).text();
  const files = [...page.matchAll(/href="([^"#]+\.whl)[#"]/g)].map(([, file]) => file);
  if (files.length === 0) throw new Error(`${at} lists nothing`);
  await nginx.put(`simple/${name}/index.html`, page);
  for (const file of files) {
    for (const ending of ["", ".metadata"]) {
      const reply = await lib.get(`${at}${file}${ending}`);
      if (!reply.ok) throw new Error(`${at}${file}${ending}: ${reply.status}`);
      await nginx.put(`simple/${name}/${decodeURIComponent(file)}${ending}`, Buffer.from(await reply.arrayBuffer()));
    }
  }
}

async function inScratch(work) {
  const cleanups = [];
  try {
    return await work(await scratch({ after: (cleanup) => cleanups.push(cleanup) }));
  } finally {
    for (const cleanup of cleanups) await cleanup();
  }
}

function pipInstall(index, names) {
  const flags = ["--quiet", "--no-deps", "--no-cache-dir", "--disable-pip-version-check", "--no-compile"];
  return inScratch(async (folder) => {
    const env = { HOME: folder, PIP_EXTRA_INDEX_URL: "", PIP_FIND_LINKS: "", PIP_CONFIG_FILE: "/dev/null" };
    const args = ["-m", "pip", "install", ...flags, "--index-url", index, "--target", "out", ...names];
    return timed(() => ok("python3", args, { cwd: folder, env }));
  });
}

function uvSync(index, names) {
  return inScratch(async (folder) => {
    const list = (texts) => `[${texts.map((text) => JSON.stringify(text)).join(", ")}]`;
    const never = ELSEWHERE.map((name) => `${name}; sys_platform == 'never'`);
    await write(folder, {
      "pyproject.toml": `[project]
name = "bench"
version = "1.0.0"
requires-python = ">=3.11"
dependencies = ${list(names)}

[tool.uv]
override-dependencies = ${list(never)}
environments = ["sys_platform == '${process.platform}'"]

[[tool.uv.index]]
name = "bench"
url = "${index}"
default = true
`,
    });
    const env = { HOME: folder, UV_NO_CACHE: "1", UV_PYTHON_DOWNLOADS: "never" };
    const [command] = program(UV);
    return timed(() => ok(command, ["sync", "--quiet"], { cwd: folder, env }));
  });
}
