// The registry under test, as `$STATE_DIR/env` of scripts/dev describes it.

import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import path from "node:path";

function variable(name) {
  const value = process.env[name];
  if (!value) {
    throw new Error(`${name} is not set: run scripts/dev, then \`source .dev/env\`, or run scripts/test`);
  }
  return value;
}

export const url = variable("REGISTRY_URL");
export const host = variable("REGISTRY_HOST");
export const bufHost = variable("BUF_HOST");
export const goproxy = variable("GOPROXY");
export const npmRegistry = variable("NPM_REGISTRY");
export const npmScope = variable("NPM_SCOPE");
export const pythonIndex = variable("PYTHON_INDEX");
export const adminToken = variable("ADMIN_TOKEN");

export const stateDir =
  process.env.STATE_DIR ?? path.join(import.meta.dirname, "..", "..", "..", ".dev");

/** A name that no earlier run has used: the bucket keeps what they pushed. */
export function fresh(prefix) {
  return `${prefix}-${randomBytes(4).toString("hex")}`;
}

/** A token for a user, made by the administrator; good for an hour, unless an end is given. */
export async function tokenFor(user, end = new Date(Date.now() + 3_600_000)) {
  const expires = end.toISOString();
  const reply = await fetch(`${url}/-/admin/tokens`, {
    method: "POST",
    headers: { authorization: `Bearer ${adminToken}`, "content-type": "application/json" },
    body: JSON.stringify({ user, expires }),
  });
  if (!reply.ok) throw new Error(`no token for ${user}: ${reply.status} ${await reply.text()}`);
  return (await reply.json()).token;
}

/** The Go package of a module's code by a plugin. */
export function goPackage(module, plugin) {
  return `${host}/gen/go/${module}/${plugin}`;
}

/** The npm package of a module's code by a plugin. */
export function npmPackage(module, plugin) {
  return `${npmScope}/${module.replace("/", "_")}.${plugin.replace("/", "_")}`;
}

/** The Python package of a module's code by a plugin. */
export function pythonPackage(module, plugin) {
  return `${module}/${plugin}`.replaceAll("/", "-");
}

/** Every line of generator.log that tells of a finished job of this package and version. */
export async function jobs(packageName, version) {
  const text = await readFile(path.join(stateDir, "generator.log"), "utf8");
  return text
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line))
    .filter((line) => line.event === "job")
    .filter((line) => line.package === packageName && line.version === version);
}

/** GETs a path below the registry, following the redirects of a miss by hand, as go does. */
export async function get(pathAndQuery, headers = {}) {
  let target = new URL(pathAndQuery, url);
  for (let hop = 0; hop <= 9; hop++) {
    const reply = await fetch(target, { headers, redirect: "manual" });
    if (reply.status !== 307) return reply;
    await reply.arrayBuffer();
    target = new URL(reply.headers.get("location"), target);
  }
  throw new Error(`${pathAndQuery}: more than 9 redirects`);
}
