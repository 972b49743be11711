// What stands before a registry and speaks TLS to the world, HTTP/2 with those who can, as the Worker's platform does.

import { readFile } from "node:fs/promises";
import { request as outgoing } from "node:http";
import { createSecureServer } from "node:http2";
import path from "node:path";

/** What belongs to a connection, and not to what goes over it. */
const OF_CONNECTIONS = ["connection", "keep-alive", "transfer-encoding", "upgrade"];

/** Hands requests on to the Worker, and says which were made. */
export class TlsFront {
  #server;
  #upstream;
  #requests = [];

  /** Listens on a port of its own choice, with the certificate that is in `tls/` below a folder. */
  static async listen(folder) {
    const files = ["server.key", "server.pem"].map((name) => readFile(path.join(folder, "tls", name)));
    const [key, cert] = await Promise.all(files);
    const front = new TlsFront();
    front.#server = createSecureServer({ key, cert, allowHTTP1: true }, (...both) => front.#pass(...both));
    await new Promise((resolve) => front.#server.listen(0, "127.0.0.1", resolve));
    return front;
  }

  to(url) {
    this.#upstream = new URL(url);
  }

  get port() {
    return this.#server.address().port;
  }

  get url() {
    return `https://127.0.0.1:${this.port}`;
  }

  /** Every request so far: `{version, scheme, status, path}`; the scheme is that of its credentials. */
  get requests() {
    return this.#requests;
  }

  close() {
    this.#server.close();
  }

  #pass(request, reply) {
    const { method, url, httpVersion } = request;
    const headers = Object.fromEntries(Object.entries(request.headers).filter(([name]) => !name.startsWith(":")));
    headers.host ??= request.authority;
    const { hostname, port } = this.#upstream;
    const onward = outgoing({ hostname, port, method, path: url, headers }, (answer) => {
      const scheme = headers.authorization?.split(" ")[0];
      this.#requests.push({ version: httpVersion, scheme, status: answer.statusCode, path: url });
      const kept = Object.entries(answer.headers).filter(([name]) => !OF_CONNECTIONS.includes(name));
      reply.writeHead(answer.statusCode, Object.fromEntries(kept));
      answer.on("error", () => reply.destroy());
      answer.pipe(reply);
    });
    onward.on("error", () => reply.destroy());
    reply.on("close", () => onward.destroy());
    request.pipe(onward);
  }
}
