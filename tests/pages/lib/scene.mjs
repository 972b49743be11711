// A registry with something of every kind in it that pages show.

import { mkdir } from "node:fs/promises";
import path from "node:path";
import { Registry, freePort } from "../../clients/lib/parts.mjs";

/** What a stranger wrote who wants to be more than text. */
export const HOSTILE = [
  '"><script>alert(1)</script>',
  "<img src=x onerror=alert(1)>",
  "' onfocus='alert(1)' autofocus='",
  "</textarea></title></pre><!--",
  "javascript:alert(1)",
  "\u202eevil\u2066",
];

const README = `# Weather

Forecasts for every station. See [the units](https://example.com/units), [the file](acme/weather/v1/weather.proto) and [below](#fields).

## Fields

| field | meaning |
|---|---|
| place | where |

- one
- two

\`\`\`sh
buf build
\`\`\`

#### Deep

![a picture](https://example.com/a.png)
`;

const WEATHER = `syntax = "proto3";

// What the weather is.
package acme.weather.v1;

import "acme/units/v1/temperature.proto";
import "acme/weather/v1/place.proto";
import "google/protobuf/timestamp.proto";

/* A service. */
service WeatherService {
  rpc Get(GetRequest) returns (GetResponse);
}

message GetRequest {
  Place place = 1;
}

message GetResponse {
  acme.units.v1.Temperature temperature = 1;
  google.protobuf.Timestamp at = 2;
  map<string, Place> near = 3;
}
`;

/** The files of the module acme/weather. */
const FILES = {
  "README.md": README,
  "LICENSE": "Do as you like.\n",
  "acme/weather/v1/weather.proto": WEATHER,
  "acme/weather/v1/place.proto": 'syntax = "proto3";\n\npackage acme.weather.v1;\n\nmessage Place {\n  string name = 1;\n}\n',
};

const UNITS = {
  "acme/units/v1/temperature.proto":
    'syntax = "proto3";\n\npackage acme.units.v1;\n\n// Degrees.\nmessage Temperature {\n  double degrees = 1;\n}\n',
};

/** One that is as unfriendly as its author could make it. */
const UNFRIENDLY = {
  "README.md": HOSTILE.map((text) => `${text}\n\n# ${text}\n\n[${text}](${text})\n\n| ${text} |\n|-|\n| ${text} |\n`).join("\n") + "x".repeat(1_000_000),
  "acme/odd/v1/odd.proto": `syntax = "proto3";\n\npackage acme.odd.v1;\n\n${HOSTILE.map((text) => `// ${text}\n`).join("")}// ${"long ".repeat(50_000)}\nmessage Odd {\n  string text = 1;\n}\n`,
};

/** Starts it. `isFriendly` leaves out what no picture is made of. */
export async function scene({ isFriendly = false } = {}) {
  const port = await freePort();
  const registry = await Registry.create({ generatorUrl: `http://127.0.0.1:${port}` });
  await registry.startWorker();
  await registry.startGenerator(port);
  await registry.publishCatalogue();
  Object.assign(process.env, registry.environment());
  const [{ bufHost }, { ok, write }, { BROKEN, pushTo }] = await Promise.all([
    import("../../e2e/lib/registry.mjs"),
    import("../../e2e/lib/run.mjs"),
    import("../../clients/lib/modules.mjs"),
  ]);
  const home = path.join(registry.folder, "home");
  await mkdir(home);
  const buf = (args, cwd = home) =>
    ok("buf", args, { cwd, env: { HOME: home, XDG_CACHE_HOME: `${home}/cache`, NETRC: `${home}/.netrc` } });
  const push = async (name, files, { deps = [], visibility = "public", flags = [] } = {}) => {
    const folder = path.join(home, name.replace("/", "-"));
    const lines = ["version: v2", `name: ${bufHost}/${name}`, ...(deps.length ? ["deps:", ...deps.map((it) => `  - ${bufHost}/${it}`)] : [])];
    await write(folder, { ...files, "buf.yaml": `${lines.join("\n")}\n` });
    if (deps.length) await buf(["dep", "update"], folder);
    const printed = await buf(["push", "--create", "--create-visibility", visibility, ...flags], folder);
    return /:([0-9a-f]{32})/.exec(printed)[1];
  };
  const api = async (method, at, body) => {
    const headers = { authorization: `Bearer ${registry.environment().ADMIN_TOKEN}` };
    const reply = await fetch(`${registry.url}${at}`, { method, headers, body: body && JSON.stringify(body) });
    if (!reply.ok) throw new Error(`${method} ${at}: ${reply.status} ${await reply.text()}`);
  };
  await buf(["registry", "organization", "create", `${bufHost}/acme`]);
  const commits = {
    units: await push("acme/units", UNITS, { flags: ["--label", "main", "--label", "v1.0.0"] }),
    weather: await push("acme/weather", FILES, { deps: ["acme/units"] }),
  };
  const feature = { ...FILES, "acme/weather/v1/place.proto": `${FILES["acme/weather/v1/place.proto"]}\nmessage Region {}\n` };
  commits.feature = await push("acme/weather", feature, { deps: ["acme/units"], flags: ["--label", "feature/x"] });
  await push("acme/weather", feature, { deps: ["acme/units"], flags: ["--label", "old"] });
  await buf(["registry", "module", "label", "archive", `${bufHost}/acme/weather:old`]);
  commits.secret = await push("acme/secret", { "acme/secret/v1/s.proto": 'syntax = "proto3";\npackage acme.secret.v1;\nmessage S {}\n' }, { visibility: "private" });
  await push("acme/ancient", { "acme/ancient/v1/a.proto": 'syntax = "proto3";\npackage acme.ancient.v1;\nmessage A {}\n' });
  await api("PATCH", "/-/api/modules/acme/ancient", { deprecated: true, successor: "acme/weather" });
  await api("PATCH", "/-/api/modules/acme/weather", { description: "Forecasts and live observations for every weather station." });
  if (!isFriendly) {
    commits.odd = await push("acme/odd", UNFRIENDLY);
    await api("PATCH", "/-/api/modules/acme/odd", { description: HOSTILE[0] });
  }
  await push("acme/withheld", { "acme/withheld/v1/w.proto": 'syntax = "proto3";\npackage acme.withheld.v1;\nmessage W {}\n' });
  await api("POST", "/-/admin/takedowns", { module: "acme/withheld", reason: "A court said so." });
  await buf(["registry", "module", "create", `${bufHost}/acme/empty`, "--visibility", "public"]);
  // Accepted once, and then not any more.
  commits.accepted = await push("acme/broken", { "broken.proto": 'syntax = "proto3";\nmessage Broken {}\n' });
  await settle(registry.url, "/acme/broken/sdks/main:protocolbuffers/go");
  commits.broken = await pushTo("acme/broken", BROKEN);
  await settle(registry.url, "/acme/broken/sdks/main:protocolbuffers/go");
  return { registry, commits, buf, push, api };
}

/** Has an SDK made as clients do, and waits until it is known what came of it. */
export async function settle(url, at) {
  const json = async (wait) => (await fetch(`${url}${at}?format=json&wait=${wait}`)).json();
  const { sdk } = await json(0);
  const known = sdk.package.includes("/gen/go/") ? `/gen/go/${sdk.package}/@v/${sdk.version}.zip` : `/gen/npm/v1/${sdk.package.replace("/", "%2f")}/${sdk.version}`;
  await fetch(`${url}${known}`).then((reply) => reply.arrayBuffer());
  const { sdk: now } = await json(10);
  return now.state;
}
