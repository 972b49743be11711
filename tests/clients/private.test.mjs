// Private modules, by every client over TLS and by every way that it takes a token: who may read them installs them,
// also first of all; to everyone else they are missing, in every letter of what the client prints.

import { after } from "node:test";
import { Registry, freePort } from "./lib/parts.mjs";
import { ASKED, READERS, runRows } from "./lib/rows.mjs";
import { fetchTools } from "./lib/tools.mjs";
import { Tunnel } from "./lib/tunnel.mjs";

// Longer than the Worker holds a client's first request, so that who waits is redirected, with credentials.
const SECONDS = 4;
const AT_ONCE = 10;

await fetchTools(ASKED);
const generator = await freePort();
const registry = await Registry.create({ tls: true, generatorUrl: `http://127.0.0.1:${generator}` });
after(() => registry.stop({ keep: process.env.KEEP !== undefined }));
await registry.startWorker();
await registry.publishCatalogue();
await registry.startGenerator(generator, SECONDS);
Object.assign(process.env, registry.environment());
const { host } = await import("../e2e/lib/registry.mjs");
const tunnel = new Tunnel({ [host]: registry.front.port });
after(() => tunnel.close());

const { pushAll } = await import("./lib/modules.mjs");
const { filesOfPrivate, privateLife, privateModules, tokensOf } = await import("./lib/private.mjs");
const world = { tokens: await tokensOf("alice"), tunnel: await tunnel.listen(), front: registry.front };
const modules = privateModules(READERS);
await pushAll({ after }, modules, { token: world.tokens.member, visibility: "private", files: filesOfPrivate });

runRows(
  "private",
  READERS.map((client) => ({ name: "private modules", client, run: privateLife(world) })),
  { atOnce: AT_ONCE },
);
