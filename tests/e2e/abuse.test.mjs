// Senders that mean ill or never end: each is refused or waits alone, and others are served meanwhile.

import assert from "node:assert/strict";
import { createHash, createHmac, randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { request } from "node:http";
import { connect } from "node:net";
import path from "node:path";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { Buf } from "./lib/buf.mjs";
import { single } from "./lib/protos.mjs";
import { adminToken, fresh, get, goPackage, stateDir, url } from "./lib/registry.mjs";

const { hostname, port } = new URL(url);

// The form of the protocol that generators of this version speak.
const protocol = new URL("../../crates/sdk/src/protocol/mod.rs", import.meta.url);
const [, FORMAT] = (await readFile(protocol, "utf8")).match(/pub const FORMAT: u32 = (\d+);/);

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
  const refusal = '"path":"/-/admin/tokens","status":413';
  const before = (await logged(refusal, 0)).length;
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
  // Refused while it still sends, it may see its connection end before the answer. wrangler's own proxy in front
  // makes a 500 of an upload that breaks off: what the Worker said is in its log.
  assert.ok([413, 500, "ECONNRESET", "EPIPE"].includes(outcome), `${outcome}`);
  assert.equal((await logged(refusal, before + 1)).length, before + 1, "the Worker refuses it");
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

/** A job token as the Worker makes it: whoever has the secrets of a development registry is the Worker. */
async function jobToken(claims) {
  const secrets = await readFile(path.join(stateDir, "secrets"), "utf8");
  const key = Buffer.from(/^WEBHOOK_SECRET=whsec_(.*)$/m.exec(secrets)[1], "base64");
  const hmac = (secret, text) => createHmac("sha256", secret).update(text).digest();
  const body = Buffer.from(JSON.stringify(claims)).toString("base64url");
  return `${body}.${hmac(hmac(key, "protoedge job token"), body).toString("base64url")}`;
}

/** The lines of worker.log about a path, once there are as many, or more. */
async function logged(part, count) {
  let lines = [];
  for (let tries = 0; tries === 0 || (tries < 50 && lines.length < count); tries++) {
    await setTimeout(100);
    const text = await readFile(path.join(stateDir, "worker.log"), "utf8");
    lines = text.split("\n").filter((line) => line.includes(part));
  }
  return lines;
}

const CALLS = [["POST", "alive"], ["POST", "failure"], ["PUT", "artifact/module.zip"], ["GET", "sources/0"]];

/** A module that nobody has asked anything for, and the claims of a job's token for its SDK. */
async function wanted(t) {
  const buf = await Buf.create(t);
  const module = `${await buf.organization("abuse")}/${fresh("module")}`;
  await buf.publish(module, single("Abused"));
  const proxy = `/gen/go/${goPackage(module, "protocolbuffers/go")}/@v`;
  const version = (await (await get(`${proxy}/list`)).text()).trim();
  // As the registry writes it: `v1.36.11_{time}_{commit}_1`.
  const stored = version.replace(/-(\d{14})-([0-9a-f]{12})\./, "_$1_$2_");
  const sdk = { ecosystem: "go", module, plugin: "protocolbuffers/go", version: stored };
  const claims = { job: randomBytes(16).toString("hex"), sdk, expires: Math.floor(Date.now() / 1000) + 600 };
  return { claims, zip: `${proxy}/${version}.zip` };
}

test("forged job tokens open nothing, and are logged once", async (t) => {
  const { claims } = await wanted(t);
  const good = await jobToken(claims);
  const [body, mac] = good.split(".");
  const expired = await jobToken({ ...claims, expires: Math.floor(Date.now() / 1000) - 1 });
  const other = await jobToken({ ...claims, job: randomBytes(16).toString("hex") });
  const tokens = [
    ["none", undefined, /needs the job's token/],
    ["no token", "x", /not one of this registry's/],
    ["the administrator's", adminToken, /not one of this registry's/],
    ["another signature", `${body}.${Buffer.alloc(32).toString("base64url")}`, /not one of this registry's/],
    ["other claims", `${other.split(".")[0]}.${mac}`, /not one of this registry's/],
    ["of another job", other, /of another job/],
    ["expired", expired, /has expired/],
  ];
  for (const [method, call] of CALLS) {
    for (const [what, token] of tokens) {
      const headers = token ? { authorization: `Bearer ${token}` } : {};
      const sent = method === "GET" ? undefined : "{}";
      const reply = await fetch(`${url}/-/jobs/${claims.job}/${call}`, { method, headers, body: sent });
      await reply.arrayBuffer();
      assert.equal(reply.status, 401, `${call}, ${what}`);
      assert.equal(reply.headers.get("cache-control"), "no-store", `${call}, ${what}`);
    }
  }
  const lines = await logged(claims.job, CALLS.length * tokens.length);
  for (const [method, call] of CALLS) {
    const ours = lines.map((line) => JSON.parse(line)).filter((line) => line.path.endsWith(`/${call}`));
    assert.deepEqual(ours.map((line) => [line.event, line.method, line.status]), tokens.map(() => ["request", method, 401]));
    ours.forEach((line, n) => assert.match(line.error, tokens[n][2], tokens[n][0]));
  }
  assert.equal(lines.length, CALLS.length * tokens.length, "one line a request");
  for (const secret of [good, other, expired, adminToken]) {
    assert.ok(!lines.join("\n").includes(secret), "a token in the log");
  }
  const sources = await fetch(`${url}/-/jobs/${claims.job}/sources/0`, {
    headers: { authorization: `Bearer ${good}`, "protoedge-format": FORMAT },
  });
  assert.equal(sources.status, 200, "with the right one it is open");
  assert.equal(Buffer.from(await sources.arrayBuffer()).subarray(0, 2).toString(), "PK");
});

test("artifacts that are not what was announced are not stored", async (t) => {
  const { claims, zip } = await wanted(t);
  const hash = (algorithm, text) => createHash(algorithm).update(text).digest("base64");
  const digest = (text) => `sha-512=:${hash("sha512", text)}:, sha-256=:${hash("sha256", text)}:`;
  const headers = {
    authorization: `Bearer ${await jobToken(claims)}`,
    "protoedge-format": FORMAT,
    "protoedge-sha1": createHash("sha1").update("x").digest("hex"),
    "content-digest": digest("artifact"),
  };
  const put = (more, write) =>
    send({ method: "PUT", path: `/-/jobs/${claims.job}/artifact/module.zip`, headers: { ...headers, ...more } }, write);
  const whole = (text) => (sent) => sent.end(text);
  const rows = [
    ["other bytes", { "content-length": 8 }, whole("ARTIFACT"), 400],
    ["no digest", { "content-length": 8, "content-digest": "" }, whole("artifact"), 400],
    ["no length", { "transfer-encoding": "chunked" }, whole("artifact"), 411],
  ];
  for (const [what, more, write, status] of rows) {
    assert.equal(await put(more, write), status, what);
  }
  // Two that leave before they have sent what they announced: wrangler's proxy keeps their answers back.
  const leave = (sent) => {
    sent.write("artifact", () => setTimeout(1000).then(() => sent.destroy()));
  };
  assert.equal(await put({ "content-length": 95_000_001 }, leave), "ECONNRESET");
  assert.equal(await put({ "content-length": 9 }, leave), "ECONNRESET");
  const expected = [...rows.map((row) => row[3]), 413];
  const lines = (await logged(claims.job, expected.length)).map((line) => JSON.parse(line));
  const statuses = lines.map((line) => line.status);
  assert.deepEqual(statuses.slice(0, expected.length), expected, "one line a request");
  assert.ok(statuses.length <= expected.length + 1, "the last may have left before anybody looked");
  assert.ok(lines.every((line) => line.error), "each says why");
  const made = await get(zip);
  assert.equal(made.status, 200, "it is made as ever");
  assert.equal(Buffer.from(await made.arrayBuffer()).subarray(0, 2).toString(), "PK");
});

test("a failure that nobody waits for is not believed", async (t) => {
  const { claims, zip } = await wanted(t);
  const reply = await fetch(`${url}/-/jobs/${claims.job}/failure`, {
    method: "POST",
    headers: { authorization: `Bearer ${await jobToken(claims)}`, "protoedge-format": FORMAT },
    body: JSON.stringify({ kind: "rejected", message: "no", generator: "1" }),
  });
  assert.deepEqual([reply.status, await reply.json()], [200, { counted: false }]);
  const made = await get(zip);
  await made.arrayBuffer();
  assert.equal(made.status, 200);
});

test("a webhook that nobody signed is refused", async () => {
  const worker = await readFile(path.join(stateDir, "worker.env"), "utf8");
  const generator = /^GENERATOR_URL=(.*)$/m.exec(worker)[1];
  const refused = async () => {
    const text = await readFile(path.join(stateDir, "generator.log"), "utf8");
    return text.split("\n").filter((line) => line.includes('"event":"refused"'));
  };
  const before = await refused();
  const reply = await fetch(`${generator}/v1/jobs`, {
    method: "POST",
    headers: {
      "webhook-id": randomBytes(16).toString("hex"),
      "webhook-timestamp": `${Math.floor(Date.now() / 1000)}`,
      "webhook-signature": `v1,${Buffer.alloc(32).toString("base64")}`,
    },
    body: "{}",
  });
  await reply.arrayBuffer();
  assert.equal(reply.status, 401);
  await setTimeout(300);
  const lines = (await refused()).slice(before.length).map((line) => JSON.parse(line));
  assert.deepEqual(lines.map((line) => [line.path, line.status]), [["/v1/jobs", 401]], "one line");
});
