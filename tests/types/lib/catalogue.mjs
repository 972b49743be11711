// Which plugins there are, so that none is forgotten.

import { readFile, readdir } from "node:fs/promises";
import path from "node:path";

const PLUGINS = path.join(import.meta.dirname, "..", "..", "..", "plugins");

/** The names of all plugins whose packages go to an ecosystem, `go` or `npm`, sorted. */
export async function plugins(ecosystem) {
  const found = [];
  for (const file of await readdir(PLUGINS, { recursive: true })) {
    if (!file.endsWith(".yaml")) continue;
    const text = await readFile(path.join(PLUGINS, file), "utf8");
    // Code of the ecosystem in archives alone is no package.
    const hasPackages = new RegExp(`^registry:\n  ${ecosystem}:`, "m").test(text) && !/^  archive:/m.test(text);
    if (hasPackages) found.push(path.dirname(file));
  }
  return [...new Set(found)].toSorted();
}
