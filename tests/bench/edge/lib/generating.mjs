// What a new SDK costs a user: `go get` from an empty cache against `buf generate` with the same plugin's program.

import { existsSync } from "node:fs";
import { readFile, readdir } from "node:fs/promises";
import { ok, scratch, write } from "../../../e2e/lib/run.mjs";
import { messages } from "./modules.mjs";
import { timed } from "./timed.mjs";

const PLUGIN = "protocolbuffers/go";
const PROGRAM = "protoc-gen-go";
const MESSAGES = 10;

/** Seconds of each way, one a round, for modules of so many files: `{get: [], generate: []}`. */
export async function measureGenerating(lib, buf, { files, rounds, plugins }) {
  const found = { get: [], generate: [] };
  const cleanups = [];
  const t = { after: (cleanup) => cleanups.push(cleanup) };
  try {
    const runtime = await scratch(t);
    // The first round fills the caches of everything but the SDK.
    for (let round = 0; round <= rounds; round++) {
      // Each is a module of its own: of a package that is in use a push orders the SDK.
      const name = `new${files}x${round}`;
      const folder = await buf.module(`bench/${name}`, messages(name, files, MESSAGES));
      const commit = await buf.push(folder);
      const caches = round === 0 ? { into: runtime } : { from: runtime };
      const [get, version] = await goGet(lib, await scratch(t), `bench/${name}`, commit, caches);
      const generate = await bufGenerate(buf, await scratch(t), folder, await program(plugins, version));
      if (round === 0) continue;
      found.get.push(get);
      found.generate.push(generate);
    }
  } finally {
    for (const cleanup of cleanups) await cleanup();
  }
  return found;
}

/** `into` is where the runtime library is kept, `from` where it comes from: the network is not what is measured. */
async function goGet(lib, folder, module, commit, { into, from: kept }) {
  const others = kept ? `file://${kept}/cache/download` : process.env.UPSTREAM_GOPROXY;
  const env = {
    GOPROXY: `${lib.goproxy},${others}`,
    GONOSUMDB: "*",
    GOFLAGS: "-modcacherw",
    GOMODCACHE: into ?? `${folder}/modules`,
  };
  await write(folder, { "go.mod": "module example.com/bench\n\ngo 1.25\n" });
  const target = lib.goPackage(module, PLUGIN);
  const [seconds] = await timed(() => ok("go", ["get", `${target}@${commit.slice(0, 12)}`], { cwd: folder, env }));
  const required = (await readFile(`${folder}/go.mod`, "utf8")).split(`${target} `)[1]?.split(/\s/)[0];
  if (!required?.includes(commit.slice(0, 12))) throw new Error(`go get has not required ${target} at ${commit}`);
  return [seconds, required];
}

async function bufGenerate(buf, folder, sources, plugin) {
  const lines = [
    ...["version: v2", "managed:", "  enabled: true", "  override:", "    - file_option: go_package_prefix", "      value: example.com/gen"],
    ...["plugins:", `  - local: ${plugin}`, "    out: gen", "    opt: paths=source_relative"],
  ];
  await write(folder, { "buf.gen.yaml": `${lines.join("\n")}\n` });
  const args = ["generate", sources, "--template", `${folder}/buf.gen.yaml`, "--output", folder];
  const [seconds] = await timed(() => buf.ok(args, { cwd: folder }));
  if (!existsSync(`${folder}/gen`)) throw new Error("buf generate has written nothing");
  return seconds;
}

/** The program of the plugin whose version an SDK's version begins with, as the generator installed it. */
async function program(plugins, version) {
  const [plugin] = version.split("-");
  const start = `go-google.golang.org_protobuf_cmd_${PROGRAM}-${plugin}-`;
  const found = (await readdir(plugins)).filter((name) => name.startsWith(start));
  if (found.length !== 1) throw new Error(`${plugins} has ${found.length} folders that begin with ${start}, not 1`);
  return `${plugins}/${found[0]}/bin/${PROGRAM}`;
}
