// What the runtime calls: each event goes to the Worker's code in WebAssembly. A trap, a panic for instance, leaves an
// instance that is of no use any more; the next event begins with a new one. scripts/worker.sh bundles this file.

import { WorkerEntrypoint } from "cloudflare:workers";
import * as worker from "./index.js";

const state = worker.__worker_init_state();

function noteTrap(error) {
  if (!(error instanceof WebAssembly.RuntimeError)) return;
  console.error("Critical", error);
  state.criticalError = true;
}

// Traps of what no event waits for, a timer's for instance.
addEventListener("error", (event) => noteTrap(event.error));

async function handle(handler, entrypoint, event) {
  if (state.criticalError) {
    console.log("Reinitializing Wasm application");
    worker.__wbg_reset_state();
    state.criticalError = false;
    state.instanceId += 1;
  }
  try {
    return await handler.call(entrypoint, event, entrypoint.env, entrypoint.ctx);
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
    return handle(worker.scheduled, this, event);
  }
}
