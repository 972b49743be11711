// What is asked for. It pushes modules and has their SDKs generated, so that the bucket holds what a registry writes.

import { write } from "../../../e2e/lib/run.mjs";
import { counted } from "./goals.mjs";
import { label, pageOfLabels } from "./labels.mjs";
import { pagesOf } from "./pages.mjs";
import { large, medium, messages, small } from "./modules.mjs";

const GO = "protocolbuffers/go";
// No other plugin depends on it, so that a push is one version.
const NPM = "community/timostamm-protobuf-ts";

/** What the sizes in the names of rows mean: others would measure something else. */
const SIZES = { "14 KB": [13_000, 15_000], "313 KB": [295_000, 330_000], "50 MB": [47_000_000, 53_000_000] };

/**
 * All targets: `{name, path, requests}` with `method: "HEAD"` or `isConditional`; `lib` are the helpers of the end-to-end
 * tests, for this registry; `plan` says how much there is to be.
 */
export async function fill(lib, buf, plan) {
  await buf.ok(["registry", "organization", "create", `${lib.bufHost}/bench`]);
  const little = await goSdk(lib, buf, "bench/small", small("small"), GO);
  const middle = await goSdk(lib, buf, "bench/medium", medium("medium"), GO);
  const targets = [
    { name: "zip, 14 KB", path: `${little}.zip`, requests: 2000, size: "14 KB" },
    { name: "zip, 313 KB", path: `${middle}.zip`, requests: 1000, size: "313 KB" },
  ];
  if (plan.hasLarge) {
    const huge = await goSdk(lib, buf, "bench/large", large("large"), "grpc/go");
    targets.push({ name: "zip, 50 MB", path: `${huge}.zip`, requests: 48, size: "50 MB" });
  }
  targets.push(
    { name: ".info", path: `${little}.info`, requests: 2000 },
    { name: ".mod", path: `${little}.mod`, requests: 2000 },
    { name: "HEAD of 14 KB", path: `${little}.zip`, requests: 2000, method: "HEAD" },
    { name: "304 of 14 KB", path: `${little}.zip`, requests: 2000, isConditional: true },
    { name: "304 of 313 KB", path: `${middle}.zip`, requests: 2000, isConditional: true },
    { name: "list", path: `${little.slice(0, little.lastIndexOf("/"))}/list`, requests: 1000 },
    { name: "packument of one version", path: await packument(lib, buf, "bench/once", 1), requests: 1000 },
    { name: `packument of ${plan.versions} versions`, path: await packument(lib, buf, "bench/often", plan.versions), requests: 500 },
  );
  const labels = counted(plan.labels);
  targets.push(
    { name: `packument of a module with ${labels}`, path: await labelled(lib, buf, "bench/labels", plan.labels), requests: 500 },
    { name: `page of 10 of ${labels}`, path: pageOfLabels("bench/labels"), requests: 500 },
  );
  const [file] = Object.keys(small("small"));
  targets.push(...pagesOf("bench/small", GO, file));
  return { small: little, targets };
}

/** The path of a new SDK's files, without `.zip`. */
async function goSdk(lib, buf, module, files, plugin) {
  await buf.publish(module, files);
  const version = await buf.sdkVersion(module, plugin);
  const path = `/gen/go/${lib.goPackage(module, plugin)}/@v/${version}`;
  await found(lib, `${path}.zip`);
  return path;
}

/** The path of a packument with as many versions, each pushed and generated. */
async function packument(lib, buf, module, versions) {
  const path = `/gen/npm/v1/${lib.npmPackage(module, NPM).replace("/", "%2f")}`;
  const folder = await buf.module(module, small("often"));
  for (let version = 1; version <= versions; version++) {
    await write(folder, messages("often", 1, version));
    const commit = (await buf.push(folder)).slice(0, 12);
    const { "dist-tags": tags } = await (await found(lib, path)).json();
    if (!tags.latest.includes(commit)) throw new Error(`${path}: latest is ${tags.latest} and not of ${commit}`);
  }
  const { versions: listed } = await (await found(lib, path)).json();
  if (Object.keys(listed).length !== versions) throw new Error(`${path} lists ${Object.keys(listed).length} versions, not ${versions}`);
  return path;
}

/** The path of the packument of a module with as many labels, all at its one commit. */
async function labelled(lib, buf, module, labels) {
  const path = await packument(lib, buf, module, 1);
  await label(lib, buf, module, labels);
  return path;
}

async function found(lib, path) {
  const reply = await lib.get(path);
  if (reply.status !== 200) throw new Error(`${path}: ${reply.status} ${await reply.text()}`);
  return reply;
}

/** Throws if a target is not of the size that its row says. */
export function checkSize({ name, size }, bytes) {
  if (size === undefined) return;
  const [least, most] = SIZES[size];
  if (bytes < least || bytes > most) throw new Error(`${name} has ${bytes} bytes, not ${least} to ${most}: see lib/modules.mjs`);
}
