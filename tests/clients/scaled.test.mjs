// Every client in every scenario. Holds and generators are five times faster than they really are, so that
// minutes of waiting fit into a test; the clients' own limits are not, and unscaled.test.mjs meets those.

import { after } from "node:test";
import { slowRegistry } from "./lib/slow.mjs";
import { fetchTools } from "./lib/tools.mjs";
import { ASKED, runRows } from "./lib/rows.mjs";

const SCALE = 0.2;
const FIRST = [200, 100, 40];
const LIFE = 5;
// Most of them sleep at any time; more would make two cores the slowest part.
const AT_ONCE = 14;

await fetchTools(ASKED);
const { stop } = await slowRegistry({ scale: SCALE, delays: [0, LIFE, ...FIRST] });
after(() => stop({ keep: process.env.KEEP !== undefined }));

const { firstInstall, life, moduleOf, modulesOfPairs, pairs, refusals } = await import("./lib/matrix.mjs");
const { pushAll } = await import("./lib/modules.mjs");
const modules = ASKED.flatMap((client) => [
  ...[...FIRST, LIFE].map((seconds) => moduleOf(client, seconds)),
  moduleOf(client, 0, "broken"),
  ...modulesOfPairs(client, LIFE),
]);
await pushAll({ after }, modules);

const each = (name, run) => ASKED.map((client) => ({ name, client, run }));
runRows(
  "scaled",
  [
    ...each("first install, 200 s", firstInstall(200)),
    ...each("a package's life", life(LIFE)),
    ...each("two packages at once", pairs(LIFE)),
    ...each("first install, 100 s", firstInstall(100)),
    ...each("refusals", refusals),
    ...each("first install, 40 s", firstInstall(40)),
  ],
  { atOnce: AT_ONCE },
);
