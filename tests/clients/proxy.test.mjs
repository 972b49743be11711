// Behind a proxy that keeps packuments: two packages in one command, of which one pins a version of the other, install
// when everything was pushed before the proxy read anything.

import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { CLIENTS } from "./clients.mjs";
import { Registry, freePort } from "./lib/parts.mjs";
import { fetchTools } from "./lib/tools.mjs";
import { Verdaccio } from "./lib/verdaccio.mjs";

/** One of each kind. */
const NAMES = ["npm 12", "pnpm 12", "yarn 1", "yarn 4", "bun", "deno"];
const clients = CLIENTS.filter(({ name }) => NAMES.includes(name));

await fetchTools(clients);
const port = await freePort();
const registry = await Registry.create({ generatorUrl: `http://127.0.0.1:${port}` });
after(() => registry.stop({ keep: process.env.KEEP !== undefined }));
await registry.startWorker();
await registry.publishCatalogue();
await registry.startGenerator(port);
const environment = registry.environment();
const proxy = await Verdaccio.start({ registry: environment.NPM_REGISTRY, scope: environment.NPM_SCOPE });
after(() => proxy.stop());
Object.assign(process.env, environment, { NPM_REGISTRY: `${proxy.url}/` });

const { npmPackage } = await import("../e2e/lib/registry.mjs");
const { PAIRS, installPair, modulesOfPairs, packagesOf } = await import("./lib/matrix.mjs");
const { pushAll } = await import("./lib/modules.mjs");
await pushAll({ after }, clients.flatMap((client) => modulesOfPairs(client, 0)));

describe("behind a proxy that keeps packuments", { concurrency: 4 }, () => {
  for (const client of clients) {
    for (const pair of PAIRS) {
      const name = `${client.name}: two ${pair.kind}, ${pair.before}, the pinned one ${pair.order}`;
      it(name, (t) => installs(t, client, pair));
    }
  }
});

async function installs(t, client, pair) {
  const names = packagesOf(client, 0, pair).map(({ module, plugin }) => npmPackage(module, plugin));
  for (const name of names) assert.equal(await proxy.holds(name), false, `the proxy does not know ${name} yet`);
  assert.equal(await installPair(t, client, 0, pair), "ok");
  for (const name of names) assert.equal(await proxy.holds(name), true, `${name} was read through the proxy`);
}
