// What the runtime calls: each event goes to the Worker's code in WebAssembly. A trap, a panic for instance, leaves an
// instance that is of no use any more; the next event begins with a new one. scripts/worker.sh bundles this file.

import { WorkerEntrypoint } from "cloudflare:workers";
import * as worker from "./index.js";
import { purge } from "./purge.mjs";

const state = worker.__worker_init_state();

function noteTrap(error) {
  if (!(error instanceof WebAssembly.RuntimeError)) return;
  console.error("Critical", error);
  state.criticalError = true;
}

// Traps of what no event waits for, a timer's for instance.
addEventListener("error", (event) => noteTrap(event.error));

async function handle(handler, { env, ctx }, event) {
  if (state.criticalError) {
    console.log("Reinitializing Wasm application");
    worker.__wbg_reset_state();
    state.criticalError = false;
    state.instanceId += 1;
  }
  try {
    return await handler(event, env, ctx);
  } catch (error) {
    noteTrap(error);
    throw error;
  }
}

export default class extends WorkerEntrypoint {
  fetch(request) {
    return handle(worker.fetch, this, request);
  }

  scheduled(event) {
    const { env, ctx } = this;
    // A schedule is behind no cache: it is the entrypoint of requests that has one.
    const value = (options) => ctx.exports.default.purge(options);
    return handle(worker.scheduled, { env: Object.create(env, { PURGE: { value } }), ctx }, event);
  }

  /** Has the cache in front of this entrypoint forget what `options` name. For the Worker itself: no request leads here. */
  purge(options) {
    return purge(this.ctx, options);
  }
}
