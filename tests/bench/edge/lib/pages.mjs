// What pages cost: those that people open most.

/** How often each page is asked for while bucket operations are counted. */
const CALLS = 20;

/** The pages of a module whose SDK by a plugin is there: `{name, path, requests}`. */
export function pagesOf(module, plugin, file) {
  const pages = {
    "page of an SDK": `/${module}/sdks/main:${plugin}`,
    "page of a module": `/${module}`,
    "page of a file": `/${module}/file/main:${file}`,
    "page of dependencies": `/${module}/deps/main`,
    "home page": "/",
  };
  return Object.entries(pages).map(([name, path]) => ({ name, path, requests: 500, isPage: true }));
}

/** Bucket operations of each page, on a machine that has answered it just before: `{name: number}`. */
export async function measurePages(registry, targets) {
  const found = {};
  for (const { name, path } of targets.filter(({ isPage }) => isPage)) {
    const ask = async () => {
      const reply = await fetch(registry.url + path);
      await reply.arrayBuffer();
      if (reply.status !== 200) throw new Error(`${path}: ${reply.status}`);
    };
    await ask();
    await registry.worker.program.settle();
    await registry.bucket.countAnew();
    for (let call = 0; call < CALLS; call++) await ask();
    await registry.worker.program.settle();
    const { total } = await registry.bucket.counted();
    found[name] = total / CALLS;
  }
  return found;
}
