// A first install of 200 s at the real lengths: clients' own limits (30, 60, 300 s, and of redirects) are met
// here. All of them wait at once.

import { after } from "node:test";
import { ASKED, runRows } from "./lib/rows.mjs";
import { slowRegistry } from "./lib/slow.mjs";
import { fetchTools } from "./lib/tools.mjs";

const SECONDS = 200;

await fetchTools(ASKED);
const { stop } = await slowRegistry({ scale: 1, delays: [SECONDS] });
after(() => stop({ keep: process.env.KEEP !== undefined }));

const { firstInstall, moduleOf } = await import("./lib/matrix.mjs");
const { pushAll } = await import("./lib/modules.mjs");
await pushAll({ after }, ASKED.map((client) => moduleOf(client, SECONDS)));

runRows(
  "unscaled",
  ASKED.map((client) => ({ name: "first install, 200 s", client, run: firstInstall(SECONDS) })),
  { atOnce: ASKED.length, isReal: true },
);
