// Who installs: each program at one exact version. `kind` says how it is called (lib/projects.mjs).

import manifest from "../../package.json" with { type: "json" };

/**
 * Go's own toolchains come as modules; the plugins (protocolbuffers/go, connectrpc/go) are older where the newest one's
 * runtime needs a newer go.
 */
const GO = [
  { name: "go 1.22", kind: "go", tool: "go1.22.12", plugin: "v1.36.6", connect: "v1.18.1" },
  { name: "go 1.23", kind: "go", tool: "go1.23.12", connect: "v1.18.1" },
  { name: "go 1.24", kind: "go", tool: "go1.24.13", connect: "v1.18.1" },
  { name: "go 1.25", kind: "go", tool: "go1.25.14" },
  { name: "go 1.26", kind: "go", tool: "go1.26.11" },
  { name: "go 1.27", kind: "go", tool: "go1.27.4" },
];

/** Programs for Node.js. `main` is what node runs. */
const NODE = [
  { name: "npm 10", kind: "npm", tool: "npm@10.9.9", main: "npm/bin/npm-cli.js" },
  { name: "npm 11", kind: "npm", tool: "npm@11.21.2", main: "npm/bin/npm-cli.js" },
  { name: "npm 12", kind: "npm", tool: "npm@12.2.0", main: "npm/bin/npm-cli.js" },
  { name: "pnpm 9", kind: "pnpm", tool: "pnpm@9.15.9", main: "pnpm/bin/pnpm.cjs" },
  { name: "pnpm 10", kind: "pnpm", tool: "pnpm@10.34.9", main: "pnpm/bin/pnpm.cjs" },
  { name: "pnpm 11", kind: "pnpm", tool: "pnpm@11.28.11", main: "pnpm/bin/pnpm.mjs", hasAgeGate: true },
  { name: "yarn 1", kind: "yarn 1", tool: "yarn@1.22.22", main: "yarn/bin/yarn.js" },
  { name: "yarn 4", kind: "yarn 4", tool: "@yarnpkg/cli-dist@4.18.1", main: "@yarnpkg/cli-dist/bin/yarn.js" },
  {
    name: "yarn 4 pnp",
    kind: "yarn 4",
    tool: "@yarnpkg/cli-dist@4.18.1",
    main: "@yarnpkg/cli-dist/bin/yarn.js",
    linker: "pnp",
  },
];

const cpu = process.arch === "arm64" ? "arm64" : "x64";
const bun = process.arch === "arm64" ? "aarch64" : "x64";

/** Programs of their own; `program` is where the package for this system has it. */
const NATIVE = [
  {
    name: "pnpm 12",
    kind: "pnpm",
    tool: "pnpm@12.21.0",
    program: `@pnpm/exe.${process.platform}-${cpu}/pnpm`,
    hasAgeGate: true,
  },
  { name: "bun", kind: "bun", tool: "bun@1.4.5", program: `@oven/bun-${process.platform}-${bun}/bin/bun` },
  {
    name: "deno",
    kind: "deno",
    tool: "deno@2.9.6",
    program: `@deno/${process.platform}-${cpu}${process.platform === "linux" ? "-glibc" : ""}/deno`,
  },
];

/** Programs in Python. pip 21.2 is the oldest that Python 3.11 runs; `others` are packages that one needs in a version of their own. */
const PYTHON = [
  { name: "pip 21", kind: "pip", tool: "pip==21.2.4" },
  { name: "pip 26", kind: "pip", tool: "pip==26.3" },
  { name: "uv", kind: "uv", tool: "uv==0.13.8" },
  { name: "poetry", kind: "poetry", tool: "poetry==2.5.1" },
  { name: "pdm", kind: "pdm", tool: "pdm==2.29.4", others: ["hishel<2"] },
];

const ORDER = ["npm", "pnpm", "yarn", "bun", "deno"];
const place = ({ name }) => ORDER.indexOf(name.split(" ")[0]);

/** All of them, in the order of the table. */
export const CLIENTS = [...GO, ...[...NODE, ...NATIVE].toSorted((a, b) => place(a) - place(b)), ...PYTHON];

/** Installs no SDKs, but reads the modules themselves. */
export const BUF = { name: "buf", kind: "buf", tool: `buf@${manifest.devDependencies["@bufbuild/buf"]}` };
