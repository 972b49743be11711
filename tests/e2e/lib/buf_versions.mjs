// The buf commands that are served: the oldest ones that each brought something new to the wire, and the newest.

import manifest from "../../../package.json" with { type: "json" };

const cpu = process.arch === "arm64" ? "aarch64" : "x64";

export const NEWEST = manifest.devDependencies["@bufbuild/buf"];

/** What `fetchTools` and `program` of tests/clients/lib/tools.mjs take. */
export const BUF_VERSIONS = ["1.34.0", "1.47.2", "1.61.0", NEWEST].map((version) => ({
  version,
  tool: `@bufbuild/buf@${version}`,
  program: `@bufbuild/buf-${process.platform}-${cpu}/bin/buf`,
}));
