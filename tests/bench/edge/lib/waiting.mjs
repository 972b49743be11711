// What it costs the bucket when many clients wait for one SDK that nobody has asked for before.

import { small } from "./modules.mjs";

// As go calls itself: it is known to wait long.
const GO = { "user-agent": "Go-http-client/1.1" };

/** `{operations, by, seconds}` of so many clients while a generator takes so many seconds. */
export async function measureWaiting(lib, buf, registry, { clients, seconds }) {
  const module = "bench/crowd";
  await buf.publish(module, small("crowd"));
  const plugin = "protocolbuffers/go";
  const target = `/gen/go/${lib.goPackage(module, plugin)}`;
  // Unlike printing a version by buf, this orders nothing.
  const { Version: version } = await (await lib.get(`${target}/@latest`)).json();
  const path = `${target}/@v/${version}.zip`;
  await registry.generator.stop();
  await registry.startGenerator(seconds);
  await registry.worker.program.settle();
  await registry.bucket.countAnew();
  const from = performance.now();
  const sizes = await Promise.all(Array.from({ length: clients }, () => sizeOf(lib, path)));
  const took = (performance.now() - from) / 1000;
  await registry.worker.program.settle();
  const { total, by } = await registry.bucket.counted();
  if (new Set(sizes).size !== 1) throw new Error(`${clients} clients got answers of ${[...new Set(sizes)]} bytes`);
  if (took < seconds) throw new Error(`nobody waited: the answers were there after ${took} s, and the generator takes ${seconds} s`);
  await registry.generator.stop();
  await registry.startGenerator();
  return { operations: total, by, seconds: took };
}

async function sizeOf(lib, path) {
  const reply = await lib.get(path, GO);
  const bytes = (await reply.arrayBuffer()).byteLength;
  if (reply.status !== 200) throw new Error(`${path}: a client that waited got ${reply.status}`);
  return bytes;
}
