// What lists of labels cost, and moving one of them, where a module has very many.

/** As many labels as one call moves. */
const MOVED = 70;

/** How often each call is made: a single one is too short for the processor's clock. */
const CALLS = 50;

/** Gives a module as many labels, all at its head. */
export async function label(lib, buf, module, labels) {
  const commitId = await buf.resolve(module);
  for (let from = 0; from < labels; from += MOVED) {
    const numbers = Array.from({ length: Math.min(MOVED, labels - from) }, (_, n) => from + n);
    const values = numbers.map((n) => ({ labelRef: { name: named(module, n) }, commitId }));
    await call(lib, "CreateOrUpdateLabels", { values });
  }
}

/** The path of a list's first page. */
export function pageOfLabels(module) {
  const [owner, name] = module.split("/");
  const message = encodeURIComponent(JSON.stringify({ resourceRef: { name: { owner, module: name } }, pageSize: 10 }));
  return `/buf.registry.module.v1.LabelService/ListLabels?connect=v1&encoding=json&message=${message}`;
}

/** `{page, archive}`: `{cpu, operations}` of one call each, CPU in milliseconds, round by round. */
export async function measureLabels(lib, registry, module, { labels, rounds }) {
  const page = async () => {
    const { labels: shown } = await (await lib.get(pageOfLabels(module))).json();
    if (shown?.length !== 10) throw new Error(`a page of ${module} has ${shown?.length} labels, not 10`);
  };
  let next = 0;
  const archive = () => call(lib, "ArchiveLabels", { labelRefs: [{ name: named(module, next++) }] });
  const calls = Math.min(CALLS, Math.floor(labels / (rounds + 1)));
  const found = { page: [], archive: [] };
  for (let round = -1; round < rounds; round++) {
    for (const [name, one] of Object.entries({ page, archive })) {
      const spent = await costOf(registry, calls, one);
      if (round >= 0) found[name].push(spent);
    }
  }
  return found;
}

async function costOf(registry, calls, one) {
  const { program } = registry.worker;
  await program.settle();
  await registry.bucket.countAnew();
  const before = program.cpu();
  for (let call = 0; call < calls; call++) await one();
  await program.settle();
  const { total } = await registry.bucket.counted();
  return { cpu: (program.cpu() - before) / 1e6 / calls, operations: total / calls };
}

function named(module, number) {
  const [owner, name] = module.split("/");
  return { owner, module: name, label: `branch-${number}` };
}

async function call(lib, method, message) {
  const reply = await fetch(`${lib.url}/buf.registry.module.v1.LabelService/${method}`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${lib.adminToken}` },
    body: JSON.stringify(message),
  });
  if (reply.status !== 200) throw new Error(`${method}: ${reply.status} ${await reply.text()}`);
  await reply.arrayBuffer();
}
