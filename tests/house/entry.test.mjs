// src/entry.mjs hands events to WebAssembly, and begins with a new instance after a trap.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";

const SOURCES = path.join(import.meta.dirname, "..", "..", "src");
const [ENTRY, PURGE] = ["entry.mjs", "purge.mjs"].map((name) => readFileSync(path.join(SOURCES, name), "utf8"));

/** The entry over another module in place of the glue; `{Entrypoint, calls, state, onError}`. */
async function load(answer) {
  const seen = { calls: [], state: { criticalError: false, instanceId: 0 } };
  seen.worker = {
    __worker_init_state: () => seen.state,
    __wbg_reset_state: () => seen.calls.push("reset"),
    ...Object.fromEntries(["fetch", "scheduled"].map((name) => [name, handler(name)])),
  };
  function handler(name) {
    return async (event, env, context) => {
      seen.calls.push([name, event, env, context].join(" "));
      return answer(event, env);
    };
  }
  const name = `worker${Math.random()}`;
  globalThis[name] = seen.worker;
  globalThis.addEventListener = (kind, listener) => (seen[kind] = listener);
  const named = "const named = (name) => ({ toString: () => name });";
  const base = `${named} export class WorkerEntrypoint { env = named("env"); ctx = named("ctx") }`;
  const names = Object.keys(seen.worker).map((key) => `export const ${key} = globalThis[${JSON.stringify(name)}].${key};`);
  const source = ENTRY.replace("./purge.mjs", asUrl(PURGE))
    .replace('"cloudflare:workers"', JSON.stringify(asUrl(base)))
    .replace('"./index.js"', JSON.stringify(asUrl(names.join("\n"))));
  const { default: Entrypoint } = await import(asUrl(source));
  return { ...seen, seen, entrypoint: new Entrypoint() };
}

function asUrl(source) {
  return `data:text/javascript,${encodeURIComponent(source)}`;
}

test("events reach their handlers with what they need", async () => {
  const { entrypoint, calls } = await load((event) => `answer to ${event}`);
  assert.equal(await entrypoint.fetch("a"), "answer to a");
  await entrypoint.scheduled("b");
  assert.deepEqual(calls, ["fetch a env ctx", "scheduled b env ctx"]);
});

test("a schedule has the cache of the entrypoint that answers requests forget", async () => {
  const { entrypoint } = await load((event, env) => env.PURGE(event));
  const asked = [];
  entrypoint.ctx.exports = { default: { purge: async (options) => asked.push(options) } };
  await entrypoint.scheduled("a");
  assert.deepEqual(asked, ["a"]);
});

test("what the cache is told and what it says", async () => {
  const { entrypoint } = await load(() => {});
  assert.equal(await entrypoint.purge({ purgeEverything: true }), false, "there is none");
  for (const [answer, wanted] of [[undefined, true], [{ success: true }, true], [{ success: false, errors: ["no"] }, /\["no"\]/]]) {
    const asked = [];
    entrypoint.ctx.cache = { purge: async (options) => (asked.push(options), answer) };
    const purged = entrypoint.purge({ tags: ["m:a/b"] });
    if (wanted === true) assert.equal(await purged, true);
    else await assert.rejects(purged, wanted);
    assert.deepEqual(asked, [{ tags: ["m:a/b"] }]);
  }
  entrypoint.ctx.cache = { purge: async () => Promise.reject(new Error("too many")) };
  await assert.rejects(entrypoint.purge({ purgeEverything: true }), /too many/);
});

test("after a trap the next event has a new instance, once", async (t) => {
  t.mock.method(console, "error", () => {});
  t.mock.method(console, "log", () => {});
  const { entrypoint, calls, state } = await load((event) => {
    if (event === "trap") throw new WebAssembly.RuntimeError("unreachable");
  });
  await assert.rejects(entrypoint.fetch("trap"), WebAssembly.RuntimeError);
  await entrypoint.fetch("next");
  await entrypoint.fetch("last");
  assert.deepEqual(calls, ["fetch trap env ctx", "reset", "fetch next env ctx", "fetch last env ctx"]);
  assert.deepEqual(state, { criticalError: false, instanceId: 1 });
});

test("a trap of what no event waits for counts, too; an ordinary error does not", async (t) => {
  t.mock.method(console, "error", () => {});
  t.mock.method(console, "log", () => {});
  const { entrypoint, calls, seen } = await load((event) => {
    if (event === "error") throw new Error("refused");
  });
  await assert.rejects(entrypoint.fetch("error"), /refused/);
  await entrypoint.fetch("a");
  seen.error({ error: new WebAssembly.RuntimeError("unreachable") });
  await entrypoint.scheduled("b");
  assert.deepEqual(calls, ["fetch error env ctx", "fetch a env ctx", "reset", "scheduled b env ctx"]);
});
