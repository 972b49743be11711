// What a Worker costs that has just been started: until its first answer, and for its first SDK.

import { ok } from "../../../e2e/lib/run.mjs";
import { OTHER_CPU } from "./program.mjs";
import { turned } from "./requests.mjs";

/**
 * For each peer `{first: [{ms, cpu}], zip: [{operations, cpu}]}`, one a round; milliseconds. The first answer is that to
 * `home`, the other one to `zip`; both are as they were before.
 */
export async function measureCold(load, { home, zip }, peers, rounds) {
  const found = Object.fromEntries(peers.map(({ name }) => [name, { first: [], zip: [] }]));
  for (let round = 0; round < rounds; round++) {
    for (const peer of turned(peers, round)) {
      found[peer.name].first.push(await firstAnswer(peer, home));
      found[peer.name].zip.push(await firstZip(load, peer, zip));
    }
  }
  return found;
}

/** From the start of the process. */
async function firstAnswer(peer, target) {
  await peer.stop();
  const from = performance.now();
  await peer.start();
  const reply = await fetch(peer.url + target.pathOf(peer));
  const bytes = (await reply.arrayBuffer()).byteLength;
  const ms = performance.now() - from;
  const cpu = peer.program.cpu() / 1e6;
  if (reply.status !== 200 || bytes !== target.bytes) {
    throw new Error(`${target.name}: ${peer.name} answers with status ${reply.status} and ${bytes} bytes, not ${target.bytes}`);
  }
  return { ms, cpu };
}

/** The one request that a Worker gets which has been started and has nothing to do any more. */
async function firstZip(load, peer, target) {
  await peer.stop();
  await peer.start();
  await peer.program.settle();
  await peer.bucket.countAnew();
  const before = peer.program.cpu();
  const args = ["-requests", "1", "-connections", "1", "-bytes", String(target.bytes), peer.url + target.pathOf(peer)];
  await ok("taskset", ["-c", String(OTHER_CPU), load, ...args]);
  const cpu = (peer.program.cpu() - before) / 1e6;
  await peer.program.settle();
  const { total, trace } = await peer.bucket.counted();
  return { operations: total, cpu, trace };
}
