// What a request costs each peer: the same answer, by the same load, in turn.

import { createHash } from "node:crypto";
import { run } from "../../../e2e/lib/run.mjs";
import { OTHER_CPU } from "./program.mjs";
import { checkSize } from "./targets.mjs";

const CONNECTIONS = 16;
// The first requests of a runtime compile the code.
const WARM_UP = 0.5;

/** Puts the answers of our Worker before the others, so that all answer the same bytes; gives what each is asked. */
export async function share(targets, registry, peers) {
  const asked = [];
  for (const [place, target] of targets.entries()) {
    const body = await answer(registry.url + target.path);
    const extension = /\.(zip|info|mod)$/.exec(target.path)?.[0] ?? ".json";
    const key = `${place}${extension}`;
    for (const peer of peers.filter((other) => other !== registry.worker)) await peer.put(key, body);
    asked.push({ ...target, bytes: body.length, pathOf: (peer) => (peer === registry.worker ? target.path : `/${key}`) });
    checkSize(target, body.length);
  }
  for (const target of asked) await agree(target, peers);
  return asked;
}

async function answer(url) {
  const reply = await fetch(url, { redirect: "manual" });
  const body = Buffer.from(await reply.arrayBuffer());
  if (reply.status !== 200) throw new Error(`${url}: status ${reply.status}: ${body.subarray(0, 300)}`);
  return body;
}

/** Throws where a peer's answer has another status, size or content than our Worker's; notes the ETags. */
export async function agree(target, peers) {
  const answers = await Promise.all(
    peers.map(async (peer) => {
      const reply = await fetch(peer.url + target.pathOf(peer), { redirect: "manual" });
      const body = Buffer.from(await reply.arrayBuffer());
      const hash = createHash("sha256").update(body).digest("hex");
      return { name: peer.name, says: `status ${reply.status}, ${body.length} bytes, SHA-256 ${hash}`, etag: reply.headers.get("etag") };
    }),
  );
  const [first, ...others] = answers;
  const other = others.find(({ says }) => says !== first.says);
  if (other) throw new Error(`${target.name}: ${other.name} answers with ${other.says}, and ${first.name} with ${first.says}`);
  const silent = answers.find(({ etag }) => !etag);
  if (target.isConditional && silent) throw new Error(`${target.name}: ${silent.name} answers without an ETag`);
  target.etags = Object.fromEntries(answers.map(({ name, etag }) => [name, etag]));
}

/** Microseconds of CPU for each request; throws at the first answer that is not as it was. */
async function cost(load, target, peer, requests) {
  const { method = "GET", isConditional = false, bytes } = target;
  const expected = isConditional ? { status: 304, bytes: 0 } : { status: 200, bytes };
  const headers = isConditional ? ["-header", `If-None-Match: ${target.etags[peer.name]}`] : [];
  const args = [
    ...["-requests", String(requests), "-connections", String(CONNECTIONS), "-method", method],
    ...["-status", String(expected.status), "-bytes", String(expected.bytes), ...headers, peer.url + target.pathOf(peer)],
  ];
  await peer.program.settle();
  const before = peer.program.cpu();
  const { code, stderr } = await run("taskset", ["-c", String(OTHER_CPU), load, ...args]);
  if (code !== 0) throw new Error(`${target.name}: ${peer.name}: ${stderr.trim()}`);
  await peer.program.settle();
  return (peer.program.cpu() - before) / 1000 / requests;
}

/** For each target, the costs of each peer, one a round. */
export async function measureRequests(load, asked, peers, { rounds, share: part }) {
  const costs = asked.map(() => Object.fromEntries(peers.map((peer) => [peer.name, []])));
  for (let round = -1; round < rounds; round++) {
    for (const [place, target] of asked.entries()) {
      const requests = Math.max(CONNECTIONS, Math.round(target.requests * part * (round < 0 ? WARM_UP : 1)));
      for (const peer of turned(peers, round + 1)) {
        const spent = await cost(load, target, peer, requests);
        if (round >= 0) costs[place][peer.name].push(spent);
      }
    }
  }
  return asked.map(({ name, bytes }, place) => ({ name, bytes, costs: costs[place] }));
}

/** Another order in each round, so that no peer always comes first. */
export function turned(peers, round) {
  const from = round % peers.length;
  return [...peers.slice(from), ...peers.slice(0, from)];
}
