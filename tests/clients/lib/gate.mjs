// What stands between everybody and the Worker, and says when a request is half way: then is when to crash.

import { createServer, request as outgoing } from "node:http";

/** A proxy that can be told to stop a request in the middle of its body. */
export class Gate {
  #upstream;
  #trap;
  #watch;
  #server = createServer((request, reply) => this.#pass(request, reply));

  /** Listens on a port of its own choice; gives its URL. */
  listen() {
    return new Promise((resolve) => {
      this.#server.listen(0, "127.0.0.1", () => resolve(`http://127.0.0.1:${this.#server.address().port}`));
    });
  }

  to(url) {
    this.#upstream = new URL(url);
  }

  /**
   * The next request that `matches` (method, path): `share` of its body goes on, then `crash` is called. With
   * a share of 1 the whole body goes on. The promise is over after the crash.
   */
  trap(matches, share, crash) {
    return new Promise((resolve, reject) => {
      this.#trap = { matches, share, crash: () => crash().then(resolve, reject) };
    });
  }

  /** The same, but with the reply at hand, which nobody gets. */
  trapReply(matches, crash) {
    return new Promise((resolve, reject) => {
      this.#trap = { matches, atReply: () => crash().then(resolve, reject) };
    });
  }

  /** How long the next request that `matches` takes, milliseconds. */
  time(matches) {
    return new Promise((resolve) => {
      this.#watch = { matches, done: resolve };
    });
  }

  close() {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #pass(request, reply) {
    const trap = this.#trap?.matches(request.method, request.url) ? this.#trap : undefined;
    if (trap) this.#trap = undefined;
    const watch = this.#watch?.matches(request.method, request.url) ? this.#watch : undefined;
    if (watch) this.#watch = undefined;
    const from = Date.now();
    const { hostname, port } = this.#upstream;
    const options = { hostname, port, method: request.method, path: request.url, headers: request.headers };
    const onward = outgoing(options, (answer) => {
      watch?.done(Date.now() - from);
      if (trap?.atReply) {
        reply.destroy();
        trap.atReply();
        return;
      }
      reply.writeHead(answer.statusCode, answer.headers);
      // A connection that breaks on one side breaks on the other.
      answer.on("error", () => reply.destroy());
      answer.pipe(reply);
    });
    onward.on("error", () => reply.destroy());
    reply.on("close", () => onward.destroy());
    if (trap?.crash) this.#stop(trap, request, onward);
    else request.pipe(onward);
  }

  async #stop({ share, crash }, request, onward) {
    const parts = [];
    for await (const part of request) parts.push(part);
    const body = Buffer.concat(parts);
    const first = body.subarray(0, Math.floor(body.length * share));
    await new Promise((resolve) => onward.write(first, resolve));
    if (share === 1) onward.end();
    await crash();
  }
}
