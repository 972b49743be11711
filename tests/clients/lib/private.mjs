// What clients see of private modules: with access, without, and when a token is over.

import assert from "node:assert/strict";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { stripVTControlCharacters } from "node:util";
import { tokenFor } from "../../e2e/lib/registry.mjs";
import { scratch, write } from "../../e2e/lib/run.mjs";
import { waysOf } from "./access.mjs";
import { oneJob, refusal, stampOf } from "./matrix.mjs";
import { dependentOn, filesOf } from "./modules.mjs";
import { outcome } from "./outcome.mjs";
import { project } from "./projects.mjs";

const OWNER = "wonder";
/** As long as the names of the modules, so that what clients print is laid out alike. */
const ABSENT = "absent";

const nameOf = (client) => client.name.replaceAll(/[ .]/g, "-");
const named = (client, what) => `${OWNER}/${what}-${nameOf(client)}`;

/** A client's modules: one depends on another one, and a third is asked for when it is too late. */
const libraryOf = (client) => named(client, "shared");
export const secretOf = (client) => named(client, "secret");
const otherOf = (client) => named(client, "others");

/** All modules of these clients, and what is in them. */
export function privateModules(clients) {
  return clients.flatMap((client) => [libraryOf(client), secretOf(client), otherOf(client)]);
}

export function filesOfPrivate(module) {
  const library = module.replace("/secret-", "/shared-");
  return library === module ? filesOf(module) : dependentOn(library);
}

/** How long the token is good that ends while a test runs, seconds: a command takes some, more on a busy machine. */
const SHORT = 45;

/**
 * The tokens that all rows share: a member's, a stranger's, and one of the member's that is over; and a way to a token
 * of the member's that will soon be.
 */
export async function tokensOf(member) {
  const until = (seconds) => new Date(Date.now() + seconds * 1000);
  // Long enough to be made, on a busy machine, too.
  const [ended, end] = [await tokenFor(member, until(3)), until(3)];
  const tokens = { member: await tokenFor(member), stranger: await tokenFor("mallory"), ended };
  await sleep(end - Date.now());
  return { ...tokens, short: async () => ({ token: await tokenFor(member, until(SHORT)), end: until(SHORT) }) };
}

/** A row of the table: every way of a client. `world` is `{tokens, tunnel, front}`. */
export function privateLife(world) {
  return async (t, client, note) => {
    const ways = waysOf(client).map((way) => ({ ...way, give: (at, token) => way.give(at, token, world) }));
    const [way, ...others] = ways;
    const at = await installsFirst(t, client, way, world);
    note("private, with access", await allOf(others, (other) => installs(t, client, other, world)));
    note("private, without", await allOf(ways, (each) => isMissing(t, client, each, world)));
    note("private, expired", await allOf(ways, (each) => isOver(t, client, each, world)));
    await endsMeanwhile(t, client, way, at, world);
  };
}

/** What came of each way, if it is the same; else what came of which. */
async function allOf(ways, act) {
  const came = {};
  for (const way of ways) came[way.name] = await act(way);
  const different = new Set(Object.values(came));
  return different.size === 1 ? [...different][0] : JSON.stringify(came);
}

async function projectOf(t, client, module) {
  return project(client, await scratch(t), module);
}

/** A module that depends on another private one, asked for by nobody before; gives the project. */
async function installsFirst(t, client, way, world) {
  const at = await projectOf(t, client, secretOf(client));
  await installsIn(at, way, world);
  if (client.kind === "go") {
    // What the program imports, since the module's root is no package.
    const { code, said } = await at.call(["get", "."]);
    assert.equal(code, 0, said);
  }
  const library = await stampOf(libraryOf(client), bearer(world.tokens.member));
  assert.ok(await at.pins(library), `${at.lock} pins ${library}, which it depends on`);
  if (client.kind !== "buf") {
    await oneJob(at.package, "done");
    waitedWithCredentials(at.module, world.front, client);
  }
  return at;
}

/**
 * Who waited was redirected, once at least, and showed who it was at every request for what is private: but uv, which shows it
 * after it heard that there is nothing.
 */
function waitedWithCredentials(module, front, { kind }) {
  const [, name] = module.split("/");
  const asked = front.requests.filter(({ path }) => new RegExp(`${name}([./]|-protocolbuffers-)`).test(path));
  assert.ok(asked.some(({ status }) => status === 307), "a redirect");
  const isFirst = ({ status }) => kind === "uv" && status === 404;
  assert.deepEqual(asked.filter((it) => it.scheme === undefined && !isFirst(it)), []);
}

async function installs(t, client, way, world) {
  await installsIn(await projectOf(t, client, secretOf(client)), way, world);
  return "ok";
}

/** Installs for a program that uses the module. */
async function installsIn(at, way, { tokens }) {
  const [name] = Object.keys(filesOfPrivate(at.module));
  await write(at.cwd, programsOf(at.package, name.replace(".proto", "")));
  await way.give(at, tokens.member);
  const stamp = await stampOf(at.module, bearer(tokens.member));
  const { code, said } = await at.install(stamp);
  assert.equal(code, 0, `${way.name}: ${said}`);
  assert.ok(await at.pins(stamp), `${way.name}: ${at.lock} pins ${stamp}`);
}

/** What imports a file, or what is generated of it, in each language. */
function programsOf(packageName, file) {
  return {
    "main.proto": `syntax = "proto3";\n\nimport "${file}.proto";\n\npackage main;\n`,
    "main.go": `package main\n\nimport _ "${packageName}/${path.dirname(file)}"\n\nfunc main() {}\n`,
    "main.py": `from ${path.dirname(file).replaceAll("/", ".")} import ${path.basename(file)}_pb2 as it\nprint(it.DESCRIPTOR.name)\n`,
    "main.js": `import { DependentSchema as it } from "${packageName}/${file}_pb.js";\nconsole.log(it.typeName);\n`,
  };
}

/** Without a token, and with a stranger's, a private module and a missing one are the same to see. */
async function isMissing(t, client, way, { tokens }) {
  const results = new Set();
  const callers = [["a stranger", tokens.stranger], ...(way.isAlike ? [] : [["nobody", undefined]])];
  for (const [who, token] of callers) {
    const [secret, absent] = [secretOf(client), named(client, ABSENT)];
    const seen = await asksFor(t, client, way, token, secret);
    const missing = await asksFor(t, client, way, token, absent);
    assert.equal(seen.text, missing.text, `${way.name}: ${who}`);
    assert.equal(seen.code, missing.code, `${way.name}: ${who}`);
    results.add(outcome(seen, { ...(await refusal(seen.at.document, token && bearer(token))), name: seen.at.package }));
  }
  return [...results].join("; ");
}

async function asksFor(t, client, way, token, module) {
  const at = await projectOf(t, client, module);
  await way.give(at, token);
  const { code, said } = await at.unknownPackage();
  assert.notEqual(code, 0, `${way.name}: ${said}`);
  return { at, code, said, text: withoutNames(said, at) };
}

/** What a terminal shows, but for the module's name, the folder, times, and the order of lines. */
function withoutNames(said, { folder, module }) {
  return stripVTControlCharacters(said)
    .replaceAll(folder, "FOLDER")
    .replaceAll(/\/(\w+)-/.exec(module)[1], "MODULE")
    .replaceAll(/\d{4}-\d\d-\d\dT[\d_:.]+Z/g, "TIME")
    .replaceAll(/\b\d+(\.\d+)?(ms|s)\b/g, "TIME")
    .replaceAll(/pdm-lock-\w+/g, "LOG");
}

async function isOver(t, client, way, { tokens }) {
  const at = await projectOf(t, client, secretOf(client));
  await way.give(at, tokens.ended);
  const refused = await refusal(at.document, bearer(tokens.ended));
  assert.equal(refused.status, 401);
  return outcome(await at.unknownPackage(), { ...refused, name: at.package });
}

/** A token that was good: when it is over, what was installed by it is not read again, and nothing new is. */
async function endsMeanwhile(t, client, way, at, { tokens }) {
  const { token, end } = await tokens.short();
  await way.give(at, token);
  const { code, said } = await at.again();
  assert.ok(Date.now() < end, "the token was good until the command was done");
  assert.equal(code, 0, said);
  await sleep(end - Date.now());
  const again = await at.again();
  assert.notEqual(again.code, 0, again.said);
  const other = await projectOf(t, client, otherOf(client));
  await way.give(other, token);
  assert.notEqual((await other.unknownPackage()).code, 0);
}

const bearer = (token) => ({ authorization: `Bearer ${token}` });
