// A registry that has nothing but commits whose files, ids and times it was given: the calls by which another one fetches them.

import { createHash } from "node:crypto";
import { createServer } from "node:http";
import { field, message, numberField } from "../../e2e/lib/wire.mjs";

const PUBLIC = 1;
const B5 = 1;

/** 32 digits that stand for a name. */
const idOf = (text) => createHash("sha256").update(text).digest("hex").slice(0, 32);

const shake256 = (bytes) => createHash("shake256", { outputLength: 64 }).update(bytes).digest();

export class FakeRegistry {
  #commits = new Map();
  #server;

  static async listen() {
    const fake = new FakeRegistry();
    fake.calls = [];
    fake.#server = createServer(async (request, reply) => {
      const body = Buffer.concat(await request.toArray());
      fake.calls.push(request.url);
      const ids = body.toString("latin1").match(/[0-9a-f]{32}/g) ?? [];
      const answer = fake.#answer(request.url, ids, body.toString("latin1"));
      reply.writeHead(answer ? 200 : 404, { "content-type": "application/proto" });
      reply.end(answer);
    });
    await new Promise((done) => fake.#server.listen(0, "127.0.0.1", done));
    fake.url = `http://127.0.0.1:${fake.#server.address().port}`;
    return fake;
  }

  /** Adds a commit: its id, `owner/name`, seconds since 1970, the ids of its whole closure, and its files, path to bytes. */
  add({ id, module, seconds, closure, files }) {
    const manifest = Object.keys(files)
      .toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
      .map((path) => `shake256:${shake256(files[path]).toString("hex")}  ${path}\n`);
    const own = `shake256:${shake256(manifest.join("")).toString("hex")}`;
    const deps = closure.map((dep) => `b5:${this.#commits.get(dep).digest.toString("hex")}`).toSorted();
    const digest = shake256([own, ...deps].join("\n"));
    this.#commits.set(id, { id, module, seconds, closure, files, digest });
  }

  #answer(url, ids, body) {
    const commits = ids.map((id) => this.#commits.get(id));
    const all = [...this.#commits.values()];
    switch (url.split("/").at(-1)) {
      case "GetGraph": {
        const [root] = commits;
        if (!root) return undefined;
        const nodes = [root, ...root.closure.map((id) => this.#commits.get(id))];
        return field(1, message(...nodes.map((commit) => field(1, commitMessage(commit)))));
      }
      case "GetCommits": {
        const isNamed = ({ id, module }) => ids.includes(id) || (ids.length === 0 && module.split("/").every((name) => body.includes(name)));
        return message(...all.filter(isNamed).map((commit) => field(1, commitMessage(commit))));
      }
      case "Download": {
        const content = (commit) => {
          const files = Object.entries(commit.files).map(([path, bytes]) => field(2, message(field(1, path), field(2, bytes))));
          return field(1, message(field(1, commitMessage(commit)), ...files));
        };
        return message(...commits.map(content));
      }
      case "GetModules": {
        const modules = ids.map((id) => all.find(({ module }) => idOf(module) === id).module);
        return message(...modules.map((module) => field(1, moduleMessage(module))));
      }
      case "GetOwners": {
        const owners = ids.map((id) => all.map(({ module }) => module.split("/")[0]).find((owner) => idOf(owner) === id));
        const organization = (owner) => message(field(1, idOf(owner)), field(4, owner));
        return message(...owners.map((owner) => field(1, field(2, organization(owner)))));
      }
      default:
        return undefined;
    }
  }

  close() {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

function commitMessage({ id, module, seconds, digest }) {
  const [owner] = module.split("/");
  return message(
    ...[field(1, id), field(2, numberField(1, seconds)), field(3, idOf(owner)), field(4, idOf(module))],
    field(5, message(numberField(1, B5), field(2, digest))),
  );
}

function moduleMessage(module) {
  const [owner, name] = module.split("/");
  return message(field(1, idOf(module)), field(4, name), field(5, idOf(owner)), numberField(6, PUBLIC), field(10, "main"));
}
