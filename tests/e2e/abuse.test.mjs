// Senders that mean ill or never end: each is refused or waits alone, and others are served meanwhile.

import assert from "node:assert/strict";
import { request } from "node:http";
import { connect } from "node:net";
import { test } from "node:test";
import { adminToken, get, url } from "./lib/registry.mjs";

const { hostname, port } = new URL(url);

/** Whether the registry answers somebody else, and at once. */
async function othersAreServed() {
  const from = Date.now();
  const reply = await get("/");
  await reply.arrayBuffer();
  assert.equal(reply.status, 200);
  assert.ok(Date.now() - from < 5000, `it took ${Date.now() - from} ms`);
}

/** Sends a request piece by piece; gives the status, or what ended the connection. */
function send(options, write) {
  return new Promise((done) => {
    const sent = request({ hostname, port, ...options }, (reply) => {
      reply.resume();
      done(reply.statusCode);
      sent.destroy();
    });
    sent.on("error", (error) => done(error.code));
    write(sent);
  });
}

test("a body without an end is refused when it has too much", async () => {
  const piece = Buffer.alloc(64 * 1024, "x");
  let bytes = 0;
  const outcome = await send(
    { method: "POST", path: "/-/admin/tokens", headers: { authorization: `Bearer ${adminToken}` } },
    (sent) => {
      const more = () => {
        // Far more than the 4 KiB that this may have: whoever takes all of it never refuses.
        while (bytes < 256 * 1024 * 1024 && !sent.destroyed) {
          bytes += piece.length;
          if (!sent.write(piece)) return void sent.once("drain", more);
        }
        sent.end();
      };
      more();
    },
  );
  // Refused while it still sends, it may see its connection end before the answer.
  assert.ok([413, "ECONNRESET", "EPIPE"].includes(outcome), `${outcome}`);
  assert.ok(bytes < 64 * 1024 * 1024, `it took ${bytes} bytes`);
  await othersAreServed();
});

test("a flood of headers is refused", async () => {
  const headers = Object.fromEntries(Array.from({ length: 2000 }, (_, n) => [`x-flood-${n}`, "y".repeat(1000)]));
  const outcome = await send({ method: "GET", path: "/", headers }, (sent) => sent.end());
  assert.ok([400, 413, 431, "ECONNRESET", "EPIPE"].includes(outcome), `${outcome}`);
  await othersAreServed();
});

test("senders that never finish hold up nobody", async () => {
  const slow = Array.from({ length: 50 }, (_, n) => {
    const socket = connect(Number(port), hostname);
    socket.on("error", () => {});
    const head = `POST /-/admin/tokens HTTP/1.1\r\nhost: ${hostname}\r\nauthorization: Bearer ${adminToken}\r\n`;
    socket.write(n % 2 === 0 ? head : `${head}content-length: 100\r\n\r\n{`);
    return socket;
  });
  await othersAreServed();
  for (const socket of slow) socket.destroy();
  await othersAreServed();
});

test("hops that no reply leads to are refused", async () => {
  const zip = "/gen/go/protoedge.localhost/gen/go/example/weather/protocolbuffers/go/@v/v1.0.0.zip";
  for (const hop of ["999", "0", "-1", "1", `1.${"x".repeat(32)}`, `10.${"a".repeat(32)}`]) {
    const reply = await fetch(`${url}${zip}?w=${hop}`, { redirect: "manual" });
    await reply.arrayBuffer();
    assert.equal(reply.status, 404, hop);
    assert.equal(reply.headers.get("cache-control"), "no-store", hop);
  }
});
