// All paths at which clients read a module's packages, and what different callers get there.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { get, goPackage, host, npmPackage } from "../../e2e/lib/registry.mjs";
import { stampOf } from "./matrix.mjs";

const GO = "protocolbuffers/go";
const NPM = "bufbuild/es";

/** The paths of a module that the bearer of a token may read. */
export async function pathsOf(module, token) {
  const read = async (target) => (await get(target, bearer(token))).json();
  const go = `/gen/go/${goPackage(module, GO)}`;
  const npm = npmPackage(module, NPM);
  const base = `/gen/npm/v1/${npm.replace("/", "%2f")}`;
  const { Version: version } = await read(`${go}/@latest`);
  const latest = (await read(base))["dist-tags"].latest;
  return [
    ...["@v/list", "@latest", "@v/main.info"].map((end) => `${go}/${end}`),
    ...["info", "mod", "zip"].map((end) => `${go}/@v/${version}.${end}`),
    base,
    `${base}/latest`,
    `/gen/npm/v1/-/package/${npm.replace("/", "%2f")}/dist-tags`,
    `${base}/-/${npm.split("/")[1]}-${latest}.tgz`,
  ];
}

/** Where go asks for the import path, without a proxy. The page says the same of a module that is missing. */
export function pageOf(module) {
  return `${goPackage(module, GO).slice(host.length)}?go-get=1`;
}

/** What a caller gets at a path of a server, but for a module's name. */
export async function seenAt(server, target, token, module) {
  const headers = token ? bearer(token) : {};
  const reply = await fetch(`${server}${target}`, { headers, redirect: "manual" });
  const bytes = Buffer.from(await reply.arrayBuffer());
  const body = bytes.toString("latin1").replaceAll(module.split("/")[1], "MODULE");
  return { status: reply.status, body: reply.status === 200 ? createHash("sha256").update(body).digest("hex") : body };
}

/** Has all paths made, so that nobody waits any more. */
export async function makeAll(paths, token) {
  const statuses = await Promise.all(paths.map(async (target) => (await get(target, bearer(token))).status));
  assert.deepEqual(statuses, paths.map(() => 200));
}

const bearer = (token) => ({ authorization: `Bearer ${token}` });
