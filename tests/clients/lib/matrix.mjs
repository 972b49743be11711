// Runs clients through scenarios against one registry, and says what came of each.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { get, goPackage, stateDir } from "../../e2e/lib/registry.mjs";
import { scratch } from "../../e2e/lib/run.mjs";
import { slowOwner } from "./balancer.mjs";
import { BROKEN, BROKEN_WORDS, dependentOn, filesOf, pushTo } from "./modules.mjs";
import { outcome } from "./outcome.mjs";
import { UNKNOWN, project } from "./projects.mjs";

/** The module that a client is the first to ask for. */
export function moduleOf(client, seconds, use = "first") {
  return `${slowOwner(seconds)}/${use}-${client.name.replaceAll(/[ .]/g, "-")}`;
}

/** A first install while the generator takes this long. */
export function firstInstall(seconds) {
  return async (t, client, note) => {
    const at = await project(client, await scratch(t), moduleOf(client, seconds));
    note(`${seconds} s`, await installs(at, seconds));
  };
}

/** A first install, then what a user does with the package later. */
export function life(seconds) {
  return async (t, client, note) => {
    const module = moduleOf(client, seconds);
    const at = await project(client, await scratch(t), module);
    note(`${seconds} s`, await installs(at));
    note("lock file", outcome(await at.again(), { name: at.package }));

    await pushTo(module, filesOf(module, "changed"));
    const stamp = await stampOf(module);
    const upgraded = outcome(await at.upgrade(stamp), { name: at.package });
    note("upgrade", upgraded === "ok" && !(await at.pins(stamp)) ? "ok, but the old version" : upgraded);

    // Clients for npm packages look into the list that they have, and ask for nothing.
    const refused = at.unknownDocument ? await refusal(at.unknownDocument) : {};
    const unknown = await at.unknownVersion();
    note("no such version", outcome(unknown, { ...refused, name: UNKNOWN.slice(1) }));
  };
}

/** How pairs of modules are called in one scenario; `dependent` only where there is one. */
export function pairOf(client, seconds, scenario) {
  return ["library", "dependent"].map((role) => moduleOf(client, seconds, `${role}-${scenario}`));
}

const ORDERS = ["first", "last"];
export const PAIRS = ["plugins", "modules"].flatMap((kind) =>
  ["new", "listed"].flatMap((before) => ORDERS.map((order) => ({ kind, before, order }))),
);
const scenarioOf = ({ kind, before, order }) => `${kind}-${before}-${order}`;

/** The modules that `pairs` needs. */
export function modulesOfPairs(client, seconds) {
  return PAIRS.flatMap((pair) => pairOf(client, seconds, scenarioOf(pair)));
}

/**
 * Two packages in one command, of which one pins a version of the other: by a plugin and by one that depends on it; of a
 * module and of one that depends on an older commit of it. In either order, whether something of the pinned package was
 * listed before or nothing.
 */
export function pairs(seconds) {
  return async (t, client, note) => {
    const results = {};
    for (const pair of PAIRS) {
      const column = `two ${pair.kind}, ${pair.before}`;
      const came = await installPair(t, client, seconds, pair);
      if (results[column] === undefined || results[column] === "ok") results[column] = came;
    }
    for (const [column, came] of Object.entries(results)) note(column, came);
  };
}

const PYTHON = ["protocolbuffers/python", "grpc/python"];
/** A plugin, and one that depends on it; those that are not here are for npm packages. */
const PLUGINS = { go: ["protocolbuffers/go", "connectrpc/go"], pip: PYTHON, uv: PYTHON, poetry: PYTHON, pdm: PYTHON };

/** `{module, plugin}` of the two packages, the pinned one first. */
export function packagesOf(client, seconds, pair) {
  const [library, dependent] = pairOf(client, seconds, scenarioOf(pair));
  const [base, onBase] = PLUGINS[client.kind] ?? ["bufbuild/es", "connectrpc/query-es"];
  const other = pair.kind === "modules" ? { module: dependent, plugin: base } : { module: library, plugin: onBase };
  return [{ module: library, plugin: base }, other];
}

/** Pushes one of these pairs, and installs it. */
export async function installPair(t, client, seconds, pair) {
  const [library, dependent] = pairOf(client, seconds, scenarioOf(pair));
  const at = await project(client, await scratch(t), library);
  const first = await pushTo(library, filesOf(library, "first"));
  if (pair.before === "listed") {
    const reply = await get(at.document);
    assert.equal(reply.status, 200, await reply.text());
  }
  if (pair.kind === "modules") await pushTo(dependent, dependentOn(library), [first]);
  await pushTo(library, filesOf(library, "second"));
  const packages = packagesOf(client, seconds, pair);
  for (const it of packages) it.stamp = await stampOf(it.module);
  if (pair.order === "last") packages.reverse();
  return outcome(await at.installAll(packages), { name: at.package });
}

/** What cannot be installed. */
export async function refusals(t, client, note) {
  const module = moduleOf(client, 0, "broken");
  await pushTo(module, BROKEN);
  const broken = await project(client, await scratch(t), module);
  const rejected = await broken.install(await stampOf(module));
  note("rejected", outcome(rejected, { words: BROKEN_WORDS, status: 422, name: broken.package }));
  await oneJob(broken.package, "rejected");

  const absent = await project(client, await scratch(t), `${slowOwner(0)}/nothing`);
  const refused = await refusal(absent.document);
  note("no such package", outcome(await absent.unknownPackage(), { ...refused, name: absent.package }));
}

/**
 * Installs what nobody has asked for; one job must have made it. A client that gives up earlier than
 * `patience`, in seconds, tries once more when it is there.
 */
async function installs(at, patience = 5) {
  assert.deepEqual(await outcomesOf(at.package), {}, "nobody has asked yet");
  const stamp = await stampOf(at.module);
  const came = outcome(await at.install(stamp), { status: 503, name: at.package });
  await oneJob(at.package, "done", patience);
  if (came !== "ok") {
    const next = outcome(await at.install(stamp), { status: 503, name: at.package });
    return `${came}; then ${next}`;
  }
  assert.ok(await at.pins(stamp), `${at.lock} pins ${stamp}`);
  return came;
}

/** `{time}-{short commit}` of a module's newest commit: every version of its SDKs holds it. */
export async function stampOf(module, headers = {}) {
  const info = await (await get(`/gen/go/${goPackage(module, "protocolbuffers/go")}/@latest`, headers)).json();
  return /\d{14}-[0-9a-f]{12}/.exec(info.Version)[0];
}

/** What the registry answers where it refuses: `{status, words}`. */
export async function refusal(target, headers = {}) {
  const reply = await get(target, headers);
  const text = await reply.text();
  const isJson = reply.headers.get("content-type").startsWith("application/json");
  return { status: reply.status, words: isJson ? JSON.parse(text).error : text.trim() };
}

/** How the jobs of a package ended, by version. */
async function outcomesOf(packageName) {
  const text = await readFile(path.join(stateDir, "generator.log"), "utf8");
  const lines = text.split("\n").filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
  const outcomes = {};
  for (const { event, package: name, version, outcome: came } of lines) {
    if (event === "job" && name === packageName) (outcomes[version] ??= []).push(came);
  }
  return outcomes;
}

/**
 * One job for each version that was made: the newest, and those that newest plugins pin of it. The generator writes its
 * line when the registry has answered it, a moment after the clients have.
 */
export async function oneJob(packageName, wanted, patience = 5) {
  const deadline = Date.now() + patience * 1000;
  while (Date.now() < deadline && Object.keys(await outcomesOf(packageName)).length === 0) await sleep(250);
  const outcomes = await outcomesOf(packageName);
  assert.notDeepEqual(outcomes, {}, `no job of ${packageName}`);
  for (const [version, came] of Object.entries(outcomes)) {
    assert.deepEqual(came, [wanted], `jobs of ${packageName} at ${version}`);
  }
}
