// The generator's `build`, from folders and without any server.

import path from "node:path";
import { ok, read, run } from "../../e2e/lib/run.mjs";

const ROOT = path.join(import.meta.dirname, "..", "..", "..");
export const PLUGINS = path.join(ROOT, "plugins");
const GENERATOR = process.env.PROTOEDGE_GENERATOR ?? path.join(ROOT, "target", "debug", "protoedge-generator");
const ANNOTATIONS = path.join(ROOT, "crates", "installer", "sample", "googleapis_googleapis");

/** Makes the SDK of a folder by a plugin: `{ file }`, or `{ words }` where it is rejected. Anything else throws. */
export async function build(plugin, folder, out) {
  const module = `acme/hostile:a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1@20260102030405=${folder}`;
  const annotations = `googleapis/googleapis:b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2@20260101000000=${ANNOTATIONS}`;
  const args = ["build", "--plugins", PLUGINS, "--plugin", plugin, "--module", module, "--dep", annotations, "--out", out];
  const { code, stdout, stderr } = await run(GENERATOR, args, { env: { RUST_LOG: "error" } });
  if (code === 0) return { file: JSON.parse(stdout).file };
  if (code === 1) return { words: stderr.trim() };
  throw new Error(`${plugin}: exit ${code}: ${stderr}`);
}

/** The files of an npm package, an object of path to text. */
export async function unpack(file, into) {
  await ok("tar", ["-xzf", file, "-C", into]);
  return read(path.join(into, "package"));
}

/** The catalogue's plugins of an ecosystem, the oldest and the newest version of each: `owner/name:version:revision`. */
export async function ends(ecosystem) {
  const listed = await ok(GENERATOR, ["plugins", "list", "--plugins", PLUGINS], { env: { RUST_LOG: "error" } });
  const versions = new Map();
  for (const line of listed.split("\n")) {
    const [id, of] = line.split("\t");
    if (of !== ecosystem) continue;
    const name = id.split(":")[0];
    versions.set(name, [...(versions.get(name) ?? []), id]);
  }
  return [...versions.values()].flatMap((ids) => [...new Set([ids[0], ids.at(-1)])]);
}
