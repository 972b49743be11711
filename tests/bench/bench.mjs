// Measures a running registry: what the first request costs, what warm ones do, how big the Worker is.

import { readFile } from "node:fs/promises";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { Buf } from "../e2e/lib/buf.mjs";
import { UNITS, WEATHER } from "../e2e/lib/protos.mjs";
import { get, goPackage, jobs, npmPackage } from "../e2e/lib/registry.mjs";
import { write } from "../e2e/lib/run.mjs";

// Enough that the 95th percentile is not one request; a second or two each.
const REQUESTS = 400;
// SDKs of as many modules, by three plugins each.
const MODULES = 20;
const PLUGINS = ["protocolbuffers/go", "connectrpc/go", "grpc/go"];
// Clients that want two SDKs at once.
const CROWD = 200;
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

/** Orders SDKs that were never made, all at once, by plugins that are installed. */
async function jobsAMinute(buf, owner) {
  const targets = [];
  for (let module = 0; module < MODULES; module++) {
    const name = `${owner}/m${module}`;
    await buf.publish(name, UNITS);
    for (const plugin of PLUGINS) {
      const version = await buf.sdkVersion(name, plugin);
      targets.push(`/gen/go/${goPackage(name, plugin)}/@v/${version}.zip`);
    }
  }
  const [warmUp, ...rest] = [PLUGINS.map((_, place) => targets[place]), ...targets.slice(PLUGINS.length)];
  for (const target of warmUp) await fetched(target);
  const [time] = await ms(() => Promise.all(rest.map(fetched)));
  console.log(`\n${rest.length} jobs by two workers: ${Math.round((rest.length * 60_000) / time)} a minute`);
}

/** Many want the same two SDKs at once, which nobody has made. */
async function firstRequests(buf, owner) {
  const module = `${owner}/crowd`;
  await buf.publish(module, UNITS);
  const go = goPackage(module, "protocolbuffers/go");
  const goVersion = await buf.sdkVersion(module, "protocolbuffers/go");
  const npm = npmPackage(module, "bufbuild/es");
  const npmVersion = await buf.sdkVersion(module, "bufbuild/es");
  const targets = [`/gen/go/${go}/@v/${goVersion}.zip`, `/gen/npm/v1/${npm.replace("/", "%2f")}`];
  const [time] = await ms(() =>
    Promise.all(Array.from({ length: CROWD }, (_, n) => fetched(targets[n % targets.length]))),
  );
  const made = [...(await jobs(go, goVersion)), ...(await jobs(npm, npmVersion))];
  const generation = Math.max(...made.map((job) => job.ms));
  console.log(
    `\n${CROWD} first requests for 2 SDKs: ${made.length} jobs; the slower one took ${generation} ms, ` +
      `the last client was served ${(time - generation).toFixed(0)} ms later`,
  );
}

/** A package that is in use, and a push that changes it. */
async function pushToInstallable(buf, owner) {
  const module = `${owner}/moving`;
  const folder = await buf.module(module, UNITS);
  await buf.push(folder);
  const go = goPackage(module, "protocolbuffers/go");
  const npm = npmPackage(module, "bufbuild/es");
  const packument = `/gen/npm/v1/${npm.replace("/", "%2f")}`;
  const latest = async () => (await (await get(`/gen/go/${go}/@latest`)).json()).Version;
  const tarball = async () => {
    const { versions, "dist-tags": tags } = await (await get(packument)).json();
    return [tags.latest, new URL(versions[tags.latest].dist.tarball).pathname];
  };
  await fetched(`/gen/go/${go}/@v/${await latest()}.zip`);
  await fetched((await tarball())[1]);
  await write(folder, { "acme/more/v1/more.proto": 'syntax = "proto3";\npackage acme.more.v1;\nmessage More {}\n' });
  const commit = (await buf.push(folder)).slice(0, 12);
  const [goTime, goVersion] = await ms(async () => {
    const version = await latest();
    await fetched(`/gen/go/${go}/@v/${version}.zip`);
    return version;
  });
  const [npmTime, npmVersion] = await ms(async () => {
    const [version, target] = await tarball();
    await fetched(target);
    return version;
  });
  for (const version of [goVersion, npmVersion]) {
    if (!version.includes(commit)) throw new Error(`${version} is not of the commit ${commit}`);
  }
  const took = async (name, version) => (await jobs(name, version))[0].ms;
  const plugins = Math.max(await took(go, goVersion), await took(npm, npmVersion));
  console.log(
    `\nafter a push, for a package in use: latest installed from Go in ${goTime.toFixed(0)} ms, then from npm in ` +
      `${npmTime.toFixed(0)} ms; the slower job took ${plugins} ms`,
  );
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

  await firstRequests(buf, owner);
  await pushToInstallable(buf, owner);
  await jobsAMinute(buf, owner);

  const wasm = await readFile(path.join(import.meta.dirname, "..", "..", "build", "index_bg.wasm"));
  console.log(`\nWorker: ${wasm.length} bytes of wasm, ${gzipSync(wasm).length} compressed`);
}

try {
  await main();
} finally {
  for (const cleanup of cleanups) await cleanup();
}
