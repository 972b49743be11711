// How each kind of client is given a token: every way that its users have.

import { chmod } from "node:fs/promises";
import path from "node:path";
import { goproxy, host, npmRegistry } from "../../e2e/lib/registry.mjs";
import { write } from "../../e2e/lib/run.mjs";

const USER = "ada";
const registry = new URL(npmRegistry);
const upstream = goproxy.split(",").slice(1).join(",");
const pair = (token) => Buffer.from(`${USER}:${token}`).toString("base64");
const machine = (name, token) => `machine ${name} login ${USER} password ${token}\n`;

/** The first version of go that asks a program. */
const HAS_GOAUTH = 24;

/** `tunnel` is a proxy by which go reaches the import path's own host. */
const GO = {
  netrc: (at, token) => netrc(at, token && machine(registry.host, token)),
  GOPROXY: async (at, token) => {
    await netrc(at);
    const { protocol, host: address } = registry;
    at.env.GOPROXY = `${protocol}//${token ? `${USER}:${token}@` : ""}${address}/gen/go,${upstream}`;
  },
  GOPRIVATE: async (at, token, { tunnel }) => {
    await netrc(at, token && machine(host, token) + machine(registry.host, token));
    Object.assign(at.env, { GOPRIVATE: host, GONOSUMDB: "", GOPROXY: upstream, HTTPS_PROXY: tunnel });
  },
  GOAUTH: async (at, token) => {
    await netrc(at);
    // go 1.24 knows whole URLs and whole hosts.
    const said = token ? `${registry.origin}\n\nAuthorization: Bearer ${token}\n\n` : "";
    await write(at.folder, { goauth: `#!/bin/sh\ncat <<'END'\n${said}END\n` });
    at.env.GOAUTH = path.join(at.folder, "goauth");
    await chmod(at.env.GOAUTH, 0o700);
  },
};

const BUF = {
  netrc: (at, token) => {
    at.env.BUF_TOKEN = "";
    return netrc(at, token && machine(registry.host, token));
  },
  BUF_TOKEN: async (at, token) => {
    await netrc(at);
    at.env.BUF_TOKEN = token ? `${token}@${registry.host}` : "";
  },
};

/** In the index's address, in the file that Python's HTTP clients read, and in uv's variables. */
const PYTHON = {
  // pip and Poetry look for the name alone, without the port.
  netrc: (at, token) => netrc(at, token && machine(registry.host, token) + machine(registry.hostname, token)),
  url: async (at, token) => {
    await netrc(at);
    const { protocol, host: address } = registry;
    await at.setIndex(`${protocol}//${token ? `${USER}:${token}@` : ""}${address}/gen/python/simple/`);
  },
};
const UV = {
  ...PYTHON,
  variables: async (at, token) => {
    await netrc(at);
    Object.assign(at.env, token ? { UV_INDEX_OURS_USERNAME: USER, UV_INDEX_OURS_PASSWORD: token } : {});
  },
};

async function netrc(at, text = "") {
  at.env.NETRC = path.join(at.folder, "netrc");
  await write(at.folder, { netrc: text });
}

/** Settings go by the registry's URL, without its scheme. */
const npmrc = (line) => (at, token) => {
  return at.add(".npmrc", token && `//${registry.host}${registry.pathname}:${line(token)}\n`);
};
const NPM = { _authToken: npmrc((token) => `_authToken=${token}`), _auth: npmrc((token) => `_auth=${pair(token)}`) };

const yarnrc = (line) => (at, token) => {
  const name = `//${registry.host}${registry.pathname.replace(/\/$/, "")}`;
  return at.add(".yarnrc.yml", token && `npmRegistries: { "${name}": { ${line(token)} } }\n`);
};
const YARN = {
  npmAuthToken: yarnrc((token) => `npmAuthToken: "${token}"`),
  npmAuthIdent: yarnrc((token) => `npmAuthIdent: "${USER}:${token}"`),
};

/**
 * The ways of a client: `{name, give(project, token, {tunnel}), isAlike}`. Without a token the client has no credentials,
 * and does what it does by the first way if it `isAlike`.
 */
export function waysOf(client) {
  const ways = { go: GO, buf: BUF, "yarn 4": YARN, pip: PYTHON, poetry: PYTHON, pdm: PYTHON, uv: UV }[client.kind] ?? NPM;
  const minor = Number(/^go 1\.(\d+)/.exec(client.name)?.[1]);
  const names = Object.keys(ways).filter((name) => name !== "GOAUTH" || minor >= HAS_GOAUTH);
  return names.map((name, place) => ({ name, give: ways[name], isAlike: place > 0 && name !== "GOPRIVATE" }));
}
