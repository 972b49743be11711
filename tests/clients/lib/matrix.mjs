// Runs clients through scenarios against one registry, and says what came of each.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { get, goPackage, stateDir } from "../../e2e/lib/registry.mjs";
import { scratch } from "../../e2e/lib/run.mjs";
import { slowOwner } from "./balancer.mjs";
import { BROKEN, BROKEN_WORDS, filesOf, pushTo } from "./modules.mjs";
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
  assert.deepEqual(await outcomesOf(at.package), [], "nobody has asked yet");
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
export async function stampOf(module) {
  const info = await (await get(`/gen/go/${goPackage(module, "protocolbuffers/go")}/@latest`)).json();
  return /\d{14}-[0-9a-f]{12}/.exec(info.Version)[0];
}

async function refusal(target) {
  const reply = await get(target);
  const text = await reply.text();
  const isJson = reply.headers.get("content-type").startsWith("application/json");
  return { status: reply.status, words: isJson ? JSON.parse(text).error : text.trim() };
}

/** How the jobs of a package ended, at any version. */
async function outcomesOf(packageName) {
  const text = await readFile(path.join(stateDir, "generator.log"), "utf8");
  const lines = text.split("\n").filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
  return lines.filter((line) => line.event === "job" && line.package === packageName).map((line) => line.outcome);
}

/** The generator writes its line when the registry has answered it, a moment after the clients have. */
export async function oneJob(packageName, wanted, patience = 5) {
  const deadline = Date.now() + patience * 1000;
  while (Date.now() < deadline && (await outcomesOf(packageName)).length === 0) await sleep(250);
  assert.deepEqual(await outcomesOf(packageName), [wanted], `jobs of ${packageName}`);
}
