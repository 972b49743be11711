// Measures a running registry: what the first request costs, what warm ones do, how big the Worker is.

import { readFile } from "node:fs/promises";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { Buf } from "../e2e/lib/buf.mjs";
import { UNITS, WEATHER } from "../e2e/lib/protos.mjs";
import { get, goPackage, npmPackage } from "../e2e/lib/registry.mjs";

// Enough that the 95th percentile is not one request; a second or two each.
const REQUESTS = 400;
// As many connections as a browser or a package manager opens, several times over.
const AT_ONCE = 16;

const cleanups = [];
const t = { after: (cleanup) => cleanups.push(cleanup) };

async function ms(work) {
  const from = performance.now();
  const value = await work();
  return [performance.now() - from, value];
}

async function fetched(target) {
  const reply = await get(target);
  const bytes = (await reply.arrayBuffer()).byteLength;
  if (reply.status !== 200) throw new Error(`${target}: ${reply.status}`);
  return bytes;
}

function row(name, ...values) {
  console.log([name.padEnd(26), ...values.map((value) => String(value).padStart(10))].join(" "));
}

/** Sequential latencies, then how many a second with several at once. */
async function warm(name, target) {
  const bytes = await fetched(target);
  const times = [];
  for (let count = 0; count < REQUESTS; count++) times.push((await ms(() => fetched(target)))[0]);
  times.sort((a, b) => a - b);
  const at = (share) => times[Math.floor(times.length * share)].toFixed(1);
  const [total] = await ms(() =>
    Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        for (let count = 0; count < REQUESTS / AT_ONCE; count++) await fetched(target);
      }),
    ),
  );
  row(name, bytes, at(0.5), at(0.95), Math.round((REQUESTS * 1000) / total));
}

async function main() {
  const buf = await Buf.create(t);
  const owner = await buf.organization("bench");
  await buf.publish(`${owner}/units`, UNITS);
  const module = `${owner}/weather`;
  const folder = await buf.module(module, WEATHER, [`${owner}/units`]);
  const [push] = await ms(() => buf.push(folder));
  console.log("once                       milliseconds");
  row("buf push", push.toFixed(0));

  const go = goPackage(module, "protocolbuffers/go");
  const version = await buf.sdkVersion(module, "protocolbuffers/go");
  const npm = npmPackage(module, "bufbuild/es");
  const packument = `/gen/npm/v1/${npm.replace("/", "%2f")}`;
  const other = goPackage(module, "connectrpc/go");
  const otherVersion = await buf.sdkVersion(module, "connectrpc/go");
  const first = async (name, target) => row(name, (await ms(() => fetched(target)))[0].toFixed(0));
  await first("first Go artifact *", `/gen/go/${go}/@v/${version}.zip`);
  await first("first npm package *", packument);
  await first("another Go artifact", `/gen/go/${other}/@v/${otherVersion}.zip`);
  console.log("* with the plugin's installation, where it was never used on this machine\n");

  const { versions, "dist-tags": tags } = await (await get(packument)).json();
  const tarball = new URL(versions[tags.latest].dist.tarball).pathname;
  row("warm", "bytes", "p50 ms", "p95 ms", "a second");
  await warm("Go .zip", `/gen/go/${go}/@v/${version}.zip`);
  await warm("Go .mod", `/gen/go/${go}/@v/${version}.mod`);
  await warm("Go .info", `/gen/go/${go}/@v/${version}.info`);
  await warm("Go list", `/gen/go/${go}/@v/list`);
  await warm("Go @latest", `/gen/go/${go}/@latest`);
  await warm("npm .tgz", tarball);
  await warm("npm packument", packument);

  const wasm = await readFile(path.join(import.meta.dirname, "..", "..", "build", "index_bg.wasm"));
  console.log(`\nWorker: ${wasm.length} bytes of wasm, ${gzipSync(wasm).length} compressed`);
}

try {
  await main();
} finally {
  for (const cleanup of cleanups) await cleanup();
}
