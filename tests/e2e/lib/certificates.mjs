// Certificates of a registry of one's own, as scripts/dev makes them.

import path from "node:path";
import { ok } from "./run.mjs";

const SCRIPTS = path.join(import.meta.dirname, "..", "..", "..", "scripts");
const SOURCES = ["lib", "made", "state", "tls"].map((name) => `source ${SCRIPTS}/${name}.sh`);
const SCRIPT = [...SOURCES, `certificates`, "trust_lines"].join("\n");

/**
 * Makes those that are missing in `tls/` below a folder; gives the variables by which clients trust their authority,
 * each with its file. `set` is what is set before, `settings` those of scripts/tls.sh.
 */
export async function certificates(folder, host, { set = {}, settings = "" } = {}) {
  const env = { STATE_DIR: folder, REGISTRY_HOST: host, ...set };
  const script = SCRIPT.replace("\ncertificates", `\n${settings}\ncertificates`);
  const printed = await ok("bash", ["-euo", "pipefail", "-c", script], { env });
  return Object.fromEntries(printed.split("\n").map((line) => /^export (\w+)=(.*)$/.exec(line).slice(1)));
}
