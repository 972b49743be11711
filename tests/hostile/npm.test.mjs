// A comment at every place × every line end, by every npm plugin in its oldest and its newest version: what the real
// npm installs is imported by node, and nothing of the comments has run.

import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import path from "node:path";
import { before, test } from "node:test";
import { Buf } from "../e2e/lib/buf.mjs";
import { Npm } from "../e2e/lib/npm.mjs";
import { get, npmPackage } from "../e2e/lib/registry.mjs";
import { ends } from "./lib/generator.mjs";
import { LINE_ENDS } from "./lib/texts.mjs";

// Half of the time they wait for downloads.
const AT_ONCE = 2;

const PLACES = {
  detached: "x", head: "x", syntax: "x", package: "x", import: "x", option: "x", message: "x", field: "x", behind: "x", reserved: "x",
  oneof: "x", oneofField: "x", map: "x", nested: "x", extension: "x", enum: "x", value: "x", service: "x", rpc: "x", end: "x",
};

// What follows the line end ends in a comment again, so that the rest of the line does not matter. One part for where
// statements can be, one for where properties, values of an enum or methods can be.
const run = (name) => `globalThis.ran = (globalThis.ran ?? "") + ${JSON.stringify(`${name} `)}`;
const PAYLOADS = [(name) => `${run(name)}//`, (name) => `[(${run(name)}, "x")]: 1,//`, (name) => `static { ${run(name)} }//`];

let buf;
let module;

before(async (t) => {
  buf = await Buf.create(t);
  module = `${await buf.organization("hostile")}/comments`;
  await buf.publish(module, files());
});

test("comments of a module stay comments", { concurrency: AT_ONCE }, async (t) => {
  const plugins = await ends("npm");
  assert.ok(plugins.length >= 13, plugins.join(" "));
  await Promise.all(plugins.map((plugin) => t.test(plugin, (t) => imported(t, plugin))));
});

async function imported(t, plugin) {
  const [name, version] = plugin.split(":");
  const packageName = npmPackage(module, name);
  const sdk = (await buf.sdkVersion(module, `${name}:${version}`)).replace(/^v/, "");
  const reply = await get(`/gen/npm/v1/${packageName.replace("/", "%2f")}/${sdk}`);
  assert.equal(reply.status, 200, await reply.clone().text());
  assert.equal((await reply.json()).gypfile, false);
  const npm = await Npm.create(t);
  // Old runtimes want a React that the newest of all is not.
  const react = /query/.test(name) ? ["react@^18", "react-dom@^18"] : [];
  await npm.ok("install", "--ignore-scripts", `${packageName}@${sdk}`, ...react);
  const found = await readdir(path.join(npm.cwd, "node_modules", packageName), { recursive: true });
  const scripts = found.filter((file) => file.endsWith(".js"));
  assert.ok(scripts.length >= Object.keys(LINE_ENDS).length, found.join(" "));
  await npm.write({
    "main.mjs": `${scripts.map((file) => `await import(${JSON.stringify(`${packageName}/${file}`)});`).join("\n")}
      console.log(globalThis.ran ?? "nothing ran");`,
  });
  assert.equal(await npm.node("main.mjs"), "nothing ran");
}

/** A file for each line end, what follows it and kind of comment. */
function files() {
  const all = {};
  for (const [end, character] of Object.entries(LINE_ENDS)) {
    PAYLOADS.forEach((payload, n) => {
      for (const kind of ["line", "block"]) {
        const stem = `${end.toLowerCase()}${n}${kind}`;
        const comment = (place) => {
          // In protobuf a line feed ends a comment of one line: what is behind it has marks of its own.
          const text = `a${character}${payload(`${stem}:${place}`)}`;
          return kind === "block" ? `/* ${text} */` : text.split("\n").map((line) => `// ${line}`).join("\n");
        };
        all[`hostile/v1/${stem}.proto`] = file(stem, comment);
      }
    });
  }
  return all;
}

function file(stem, comment) {
  for (const place of Object.keys(PLACES)) PLACES[place] = comment(place);
  const { detached, head, syntax, option, message, field, behind, reserved, oneof, oneofField, map, nested, extension, value, service, rpc, end } = PLACES;
  return `${detached}

${head}
syntax = "proto2";
${syntax}
${PLACES.package}
package hostile.v1.${stem};
${PLACES.import}
import "google/protobuf/descriptor.proto";
${option}
option java_package = "x";

${detached}

${message}
message M {
  ${behind}
  ${detached}

  ${field}
  optional string text = 1; ${behind}
  ${reserved}
  reserved 7;
  ${oneof}
  oneof one {
    ${behind}
    ${oneofField}
    string a = 2;
    string b = 3;
  }
  ${map}
  map<string, M> map = 4;
  ${nested}
  message N { ${behind}
  }
  extensions 100 to 200;
  ${end}
}
${extension}
extend M {
  ${field}
  optional string more = 100; ${behind}
}
${PLACES.enum}
enum E {
  ${behind}
  ${value}
  ${stem.toUpperCase()}_A = 0; ${behind}
}
${service}
service S {
  ${behind}
  ${rpc}
  rpc R(M) returns (M); ${behind}
}
${end}
`;
}
