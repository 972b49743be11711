// The modules that the programs use: those that plugins are verified with, and which hold all that
// protobuf has and plugins know.

import path from "node:path";
import { Buf } from "../../e2e/lib/buf.mjs";
import { bufHost } from "../../e2e/lib/registry.mjs";
import { read, run } from "../../e2e/lib/run.mjs";

const SAMPLE = path.join(import.meta.dirname, "..", "..", "..", "crates", "installer", "sample");
// Its Go code is elsewhere, which is known by its name.
const ANNOTATIONS = "googleapis";

/** Pushes `{owner}/money` and `{owner}/shop`, which uses it; gives the user and the owner. */
export async function publish(t) {
  const buf = await Buf.create(t);
  const owner = await buf.organization("types");
  const annotations = `${ANNOTATIONS}/googleapis`;
  // Of no consequence if it is there; if it could not be made, the push says so.
  await run("buf", ["registry", "organization", "create", `${bufHost}/${ANNOTATIONS}`], { env: buf.env });
  await buf.publish(annotations, await files("googleapis_googleapis"));
  await buf.publish(`${owner}/money`, await files("acme_money"));
  await buf.publish(`${owner}/shop`, await files("acme_shop"), { deps: [`${owner}/money`, annotations] });
  return { buf, owner };
}

/** A sample module's files, an object of path to text. */
function files(folder) {
  return read(path.join(SAMPLE, folder));
}
