// The modules that are installed: each is asked for once, by one client, so that its request is the first.

import { Buf } from "../../e2e/lib/buf.mjs";
import { bufHost } from "../../e2e/lib/registry.mjs";
import { UPLOAD, call, upload } from "../../e2e/lib/rpc.mjs";
import { write } from "../../e2e/lib/run.mjs";
import path from "node:path";

/** The message of a module, and its file without `.proto`. */
export function messageOf(module) {
  const word = module.replaceAll(/[^a-z0-9]/g, "");
  return ["Note", `${word}/v1/note`];
}

/** The module's files; another `field` makes another commit of it. */
export function filesOf(module, field = "text") {
  const [message, file] = messageOf(module);
  const name = file.split("/")[0];
  return {
    [`${file}.proto`]: `syntax = "proto3";\n\npackage ${name}.v1;\n\nmessage ${message} {\n  string ${field} = 1;\n}\n`,
  };
}

/** What protoc says of it, the buf command would say earlier. */
export const BROKEN = { "broken.proto": 'syntax = "proto3";\n\nmessage {\n}\n' };
export const BROKEN_WORDS = "broken.proto:3:9: Expected message name";

/** As many as one call may make. */
const AT_ONCE = 250;

/** Pushes all of them, as few workspaces; as the administrator, unless a token is given. */
export async function pushAll(t, modules, { token, visibility = "public", files = filesOf } = {}) {
  const buf = await Buf.create(t, token);
  const owners = new Set(modules.map((module) => module.split("/")[0]));
  for (const owner of owners) await buf.ok(["registry", "organization", "create", `${bufHost}/${owner}`]);
  for (let from = 0; from < modules.length; from += AT_ONCE) {
    const folder = path.join(buf.home, `workspace-${from}`);
    await writeWorkspace(folder, modules.slice(from, from + AT_ONCE), files);
    await buf.ok(["push", "--create", "--create-visibility", visibility], { cwd: folder });
  }
}

async function writeWorkspace(folder, modules, filesOf) {
  const lines = modules.map((module) => `  - path: ${module}\n    name: ${bufHost}/${module}\n`);
  const files = { "buf.yaml": `version: v2\nmodules:\n${lines.join("")}` };
  for (const module of modules) {
    for (const [name, text] of Object.entries(filesOf(module))) files[`${module}/${name}`] = text;
  }
  await write(folder, files);
}

/** The files of a module that depends on another one. */
export function dependentOn(module, field = "text") {
  const [, file] = messageOf(module);
  const name = file.split("/")[0];
  const head = `syntax = "proto3";\n\npackage dependent.${name}.v1;\n\nimport "${file}.proto";\n\n`;
  const text = `${head}message Dependent {\n  .${name}.v1.Note ${field} = 1;\n}\n`;
  return { [`dependent/${name}/v1/dependent.proto`]: text };
}

/**
 * Pushes other files to a module, without asking the buf command what it thinks of them; `dependencies` are commits.
 * Gives the commit's id.
 */
export async function pushTo(module, files, dependencies = []) {
  const { status, message, bytes } = await call(UPLOAD, upload(module, files, dependencies));
  if (status !== 200) throw new Error(`push to ${module}: ${status} ${message}`);
  return /[0-9a-f]{32}/.exec(bytes.toString("latin1"))[0];
}
