// What the package managers that install from npm registries have in common.

import { homedir } from "node:os";
import path from "node:path";
import { npmRegistry, npmScope } from "./registry.mjs";
import { ok } from "./run.mjs";

/** The tools that the repository brings, as packages. */
export const MODULES = path.join(import.meta.dirname, "..", "..", "..", "node_modules");

export const PNPM = ["node", `${MODULES}/pnpm/bin/pnpm.mjs`];
export const YARN_1 = ["node", `${MODULES}/yarn/bin/yarn.js`];
export const YARN_4 = ["node", `${MODULES}/@yarnpkg/cli-dist/bin/yarn.js`];
export const TSC = ["node", `${MODULES}/typescript/bin/tsc`];

/** What each of them reads: the others' registry and authorities are those of the user's npm. */
export async function settingsOf() {
  const config = async (key) => {
    const value = await ok("npm", ["config", "get", key], { cwd: homedir() });
    return ["null", "undefined", ""].includes(value) ? undefined : value;
  };
  const registry = await config("registry");
  const cafile = await config("cafile");
  return {
    "package.json": JSON.stringify({ name: "e2e", version: "1.0.0", private: true, type: "module" }),
    ".npmrc": [
      `registry=${registry}`,
      `${npmScope}:registry=${npmRegistry}`,
      ...(cafile ? [`cafile=${cafile}`] : []),
      "",
    ].join("\n"),
    ".yarnrc.yml": [
      "nodeLinker: node-modules",
      "enableTelemetry: false",
      "enableGlobalCache: true",
      `npmRegistryServer: "${registry}"`,
      'unsafeHttpWhitelist: ["127.0.0.1"]',
      // Yarn 4 waits a day before it takes a new version of anything else.
      `npmPreapprovedPackages: ["${npmScope}/*"]`,
      `npmScopes: { ${npmScope.slice(1)}: { npmRegistryServer: "${npmRegistry}" } }`,
      ...(cafile ? [`httpsCaFilePath: "${cafile}"`] : []),
      "",
    ].join("\n"),
  };
}

/** Caches of their own, below a folder. */
export function environment(home) {
  const caches = path.join(home, "caches");
  return {
    HOME: home,
    XDG_CACHE_HOME: caches,
    XDG_DATA_HOME: path.join(caches, "data"),
    YARN_CACHE_FOLDER: path.join(caches, "yarn"),
    YARN_GLOBAL_FOLDER: path.join(caches, "yarn-global"),
    BUN_INSTALL_CACHE_DIR: path.join(caches, "bun"),
    NPM_CONFIG_USERCONFIG: path.join(home, "none"),
    CI: "1",
    YARN_ENABLE_IMMUTABLE_INSTALLS: "false",
  };
}
