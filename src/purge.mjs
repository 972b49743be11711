// The cache in front of the Worker, which a deployed one reaches by the context of a request. There is none in development.

/** Has the cache forget what `options` name. `false`: there is no cache. Throws, in words, where the cache refuses. */
export async function purge({ cache }, options) {
  if (cache === undefined) return false;
  const answer = await cache.purge(options);
  if (answer?.success === false) throw new Error(JSON.stringify(answer.errors ?? answer));
  return true;
}
