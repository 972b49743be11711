// Measures the Worker on the bare runtime against a plain one and nginx: scripts/bench edge.
//
//   run.mjs [--quick] [--rounds N] [--json] [--write]
//
// BENCH_TOOLS has the stand-in for R2 and the load, WORKER the Worker's build, GENERATOR is the generator, PLUGINS the folder of
// installed plugins, UPSTREAM_GOPROXY where go finds what is not ours.

import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { cpus, loadavg, tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { Nginx } from "../../clients/lib/nginx.mjs";
import { measureCold } from "./lib/cold.mjs";
import { measureGenerating } from "./lib/generating.mjs";
import { coldRows, generatingRow, labelRows, packumentRow, pageRows, pythonRows, requestRow, sizeRows, waitingRow } from "./lib/goals.mjs";
import { label, measureLabels } from "./lib/labels.mjs";
import { page, terminal } from "./lib/page.mjs";
import { measurePages } from "./lib/pages.mjs";
import { BucketServer, FileServer, WorkerServer, workerd } from "./lib/peers.mjs";
import { Program } from "./lib/program.mjs";
import { Registry } from "./lib/registry.mjs";
import { measurePython } from "./lib/python.mjs";
import { measureRequests, share } from "./lib/requests.mjs";
import { small } from "./lib/modules.mjs";
import { fill } from "./lib/targets.mjs";
import { measureWaiting } from "./lib/waiting.mjs";

const ROOT = path.join(import.meta.dirname, "..", "..", "..");
const FULL = { rounds: 8, share: 1, versions: 20, labels: 1000, manyLabels: 10_000, hasLarge: true, crowd: { clients: 100, seconds: 11 }, sizes: [1, 300], packages: 30 };
const QUICK = { rounds: 1, share: 0.05, versions: 2, labels: 140, manyLabels: 210, hasLarge: false, crowd: { clients: 10, seconds: 4 }, sizes: [1], packages: 3 };

const say = (text) => console.error(text);

function readPlan() {
  const options = { quick: { type: "boolean" }, rounds: { type: "string" }, json: { type: "boolean" }, write: { type: "boolean" } };
  const { values } = parseArgs({ options });
  const plan = { ...(values.quick ? QUICK : FULL), ...values };
  plan.rounds = Number(values.rounds ?? (values.quick ? QUICK : FULL).rounds);
  if (!Number.isInteger(plan.rounds) || plan.rounds < 1) throw new Error("--rounds is a number from 1 on");
  if (values.write && values.quick) throw new Error("--quick measures nothing that is worth to be written down");
  if (cpus().length < 2) throw new Error("two processors are needed: one for what is measured and one for the load");
  return plan;
}

async function main() {
  const plan = readPlan();
  const folder = await mkdtemp(path.join(tmpdir(), "protoedge-bench-"));
  const cleanups = [];
  process.on("exit", () => {
    Program.endAll();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });
  for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143]]) process.on(signal, () => process.exit(code));
  try {
    const report = await measure(plan, folder, { after: (cleanup) => cleanups.push(cleanup) });
    if (plan.write) await writeFile(`${ROOT}/docs/performance.md`, page(report));
    console.log(plan.json ? JSON.stringify(report, null, 2) : terminal(report));
  } finally {
    Program.endAll();
    for (const cleanup of cleanups) await cleanup();
  }
}

async function measure(plan, folder, t) {
  const before = load();
  const programs = {
    bucket: `${process.env.BENCH_TOOLS}/bucket`,
    load: `${process.env.BENCH_TOOLS}/load`,
    worker: process.env.WORKER,
    generator: process.env.GENERATOR,
  };
  const date = /^compatibility_date = "([^"]+)"/m.exec(await readFile(`${ROOT}/wrangler.toml`, "utf8"))[1];
  say("starting a registry and filling it: modules are pushed, their SDKs generated");
  const registry = await Registry.start(folder, programs, date);
  Object.assign(process.env, registry.environment());
  const lib = Object.assign({}, await import("../../e2e/lib/registry.mjs"), await import("../../e2e/lib/buf.mjs"));
  const buf = await lib.Buf.create(t);
  const { targets } = await fill(lib, buf, plan);
  const peers = await startPeers(folder, programs, registry, date);
  const home = { name: "a text", path: "/gen/go", requests: 1000 };
  const asked = await share([...targets, home], registry, peers);
  say("requests");
  const requests = await measureRequests(programs.load, asked.slice(0, -1), peers, plan);
  say("bucket operations of pages");
  const pages = await measurePages(registry, targets);
  say("bucket operations of clients that wait");
  const waiting = await measureWaiting(lib, buf, registry, plan.crowd);
  const labels = plan.manyLabels;
  say(`a module with ${labels} labels`);
  await buf.publish("bench/branches", small("branches"));
  await label(lib, buf, "bench/branches", labels);
  const many = await measureLabels(lib, registry, "bench/branches", { labels, rounds: plan.rounds });
  const generating = [];
  for (const files of plan.sizes) {
    say(`go get against buf generate, ${files} ${files === 1 ? "file" : "files"}`);
    const found = await measureGenerating(lib, buf, { files, rounds: plan.rounds, plugins: process.env.PLUGINS });
    generating.push(generatingRow(files, found));
  }
  const nginx = peers.find(({ name }) => name === "nginx");
  let python = [];
  if (nginx) {
    say(`${plan.packages} Python packages by pip and uv`);
    python = pythonRows(plan.packages, await measurePython(lib, buf, registry, nginx, plan));
  }
  say("Workers that were just started");
  const workers = peers.filter(({ bucket }) => bucket);
  const cold = await measureCold(programs.load, { home: asked.at(-1), zip: asked[0] }, workers, plan.rounds);
  const wasm = await readFile(`${programs.worker}/index_bg.wasm`);
  return {
    ...origin(plan, before),
    requests: requests.map(requestRow),
    others: [
      ...coldRows(cold),
      waitingRow(plan.crowd, waiting),
      ...pageRows(pages),
      packumentRow(requests, plan.labels),
      ...labelRows(labels, many),
      ...generating,
      ...python,
      ...sizeRows(wasm.length, gzipSync(wasm).length),
    ],
  };
}

/** All that are compared, ours first. */
async function startPeers(folder, programs, registry, date) {
  const bucket = await BucketServer.start(folder, "plain-bucket", programs.bucket);
  const modules = { "index.js": `${import.meta.dirname}/plain.mjs` };
  const plain = await WorkerServer.create(folder, "plain", { modules, bucket, date });
  const peers = [registry.worker, plain];
  await plain.start();
  const missing = await Nginx.missing();
  if (missing) {
    say(`LEFT OUT: nginx: ${missing}`);
    return peers;
  }
  const nginx = await FileServer.create(folder);
  await nginx.start();
  return [...peers, nginx];
}

function load() {
  return loadavg().map((value) => value.toFixed(1));
}

function origin(plan, before) {
  const git = (...args) => execFileSync("git", args, { cwd: ROOT, encoding: "utf8" }).trim();
  const changed = git("status", "--porcelain", "--untracked-files=no", "--", "src", "crates", "Cargo.lock");
  return {
    commit: git("rev-parse", "--short=12", "HEAD") + (changed ? " with changes" : ""),
    date: new Date().toISOString().slice(0, 10),
    machine: { cpu: cpus()[0].model.trim(), cores: cpus().length },
    workerd: workerd.version,
    rounds: plan.rounds,
    load: { before, after: load() },
  };
}

try {
  await main();
} catch (error) {
  console.error(`error: ${error.stack}`);
  process.exitCode = 1;
}
