// An HTTP proxy that answers for one host with a server of ours, so that programs that call it by its name reach that.

import { createServer, request } from "node:http";

export class HostProxy {
  #server;

  /** Listens. Requests for `host` go to the server at `url`; all others are refused. */
  static async listen(host, url) {
    const proxy = new HostProxy();
    proxy.seen = [];
    proxy.#server = createServer((asked, reply) => {
      const target = new URL(asked.url);
      if (target.host !== host) {
        reply.writeHead(502).end(`this proxy answers for ${host} alone`);
        return;
      }
      proxy.seen.push(`${asked.method} ${target.pathname}`);
      const to = new URL(target.pathname + target.search, url);
      const sent = request(to, { method: asked.method, headers: { ...asked.headers, host: to.host } }, (answer) => {
        reply.writeHead(answer.statusCode, answer.headers);
        answer.pipe(reply);
      });
      sent.on("error", () => reply.destroy());
      asked.pipe(sent);
    });
    await new Promise((done) => proxy.#server.listen(0, "127.0.0.1", done));
    proxy.url = `http://127.0.0.1:${proxy.#server.address().port}`;
    return proxy;
  }

  close() {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}
