// What stands before several generators: hands each job to the one that is as slow as its test wants.

import { createServer } from "node:http";

/** The slowness in the name of a package's owner: `slow-40`. */
const SLOW = /\bslow-(\d+)/;

/** The owner of modules whose jobs take this long, in seconds before scaling. */
export function slowOwner(seconds) {
  return `slow-${seconds}`;
}

/** Hands jobs on as they came, so that their signature stays good. */
export class Balancer {
  #generators = new Map();
  #server = createServer((request, reply) => this.#take(request, reply));

  /** Listens on a port of its own choice; gives it. */
  listen() {
    return new Promise((resolve) => {
      this.#server.listen(0, "127.0.0.1", () => resolve(this.#server.address().port));
    });
  }

  /** Jobs of owners this slow go to this port. */
  route(seconds, port) {
    this.#generators.set(seconds, port);
  }

  close() {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #take(request, reply) {
    const parts = [];
    for await (const part of request) parts.push(part);
    const body = Buffer.concat(parts);
    const seconds = Number(SLOW.exec(JSON.parse(body).modules[0].name)?.[1] ?? 0);
    const port = this.#generators.get(seconds);
    const { host, connection, ...headers } = request.headers;
    delete headers["content-length"];
    delete headers["transfer-encoding"];
    const answer = fetch(`http://127.0.0.1:${port}${request.url}`, { method: "POST", headers, body });
    const status = await answer.then((it) => it.status, () => 503);
    reply.writeHead(status).end();
  }
}
