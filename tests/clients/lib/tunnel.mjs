// A proxy for CONNECT by which a host's port 443 is another port of this machine: go asks for import paths there.

import { createServer } from "node:http";
import { connect } from "node:net";

export class Tunnel {
  #hosts;
  #sockets = new Set();
  #server = createServer((request, reply) => reply.writeHead(405).end());

  /** `hosts`: the ports of this machine that are meant by a host's port 443. All other hosts are who they are. */
  constructor(hosts) {
    this.#hosts = hosts;
    this.#server.on("connect", (request, socket, head) => this.#connect(request.url, socket, head));
  }

  /** Listens on a port of its own choice; gives its URL. */
  listen() {
    return new Promise((resolve) => {
      this.#server.listen(0, "127.0.0.1", () => resolve(`http://127.0.0.1:${this.#server.address().port}`));
    });
  }

  close() {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #connect(target, socket, head) {
    const { hostname, port } = new URL(`connect://${target}`);
    const mine = port === "443" ? this.#hosts[hostname] : undefined;
    const onward = connect(mine ?? port, mine ? "127.0.0.1" : hostname, () => {
      socket.write("HTTP/1.1 200 Connection Established\r\n\r\n");
      onward.write(head);
      onward.pipe(socket).pipe(onward);
    });
    for (const [one, other] of [[socket, onward], [onward, socket]]) {
      this.#sockets.add(one);
      one.on("error", () => other.destroy());
      one.on("close", () => this.#sockets.delete(one) && other.destroy());
    }
  }
}
