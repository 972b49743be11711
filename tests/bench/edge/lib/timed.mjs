/** Seconds on the clock that some work took, and what it gave. */
export async function timed(work) {
  const from = performance.now();
  const value = await work();
  return [(performance.now() - from) / 1000, value];
}
