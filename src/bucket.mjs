// What is read of R2, each object in one call: src/http.mjs says why.

/**
 * Fetches an object, or `length` bytes of it from `start` on unless that is negative. `[its ETag and its size in two lines,
 * the object]`; without the object where it still has the ETag `unless`; null where there is none.
 */
export async function get(bucket, key, start, length, unless) {
  const options = {};
  if (length >= 0) options.range = { offset: start, length };
  if (unless !== "") options.onlyIf = { etagDoesNotMatch: unless };
  const object = await bucket.get(key, options);
  if (object === null) return null;
  return [`${object.etag}\n${object.size}`, "body" in object ? object : undefined];
}

/** The bytes of an object that was fetched. */
export async function read(object) {
  return new Uint8Array(await object.arrayBuffer());
}

/** Fetches an object and reads it to its end: `[its ETag, its bytes]`; null where there is none. */
export async function whole(bucket, key) {
  const object = await bucket.get(key);
  return object && [object.etag, await read(object)];
}

/**
 * Lists objects by prefix, at most `limit`, those behind `after` unless that is empty: `[whether there are more, the objects]`.
 * Of each object: its key, its ETag, its size, when it was written and how many metadata it has, in a line each; then a line for
 * each name and for each value of these. What is stored has no line ends in any of them.
 */
export async function list(bucket, prefix, after, limit) {
  const options = { prefix, limit, include: ["customMetadata"] };
  if (after !== "") options.startAfter = after;
  const { truncated, objects } = await bucket.list(options);
  let lines = "";
  for (const { key, etag, size, uploaded, customMetadata = {} } of objects) {
    const metadata = Object.entries(customMetadata);
    lines += `${key}\n${etag}\n${size}\n${uploaded.getTime()}\n${metadata.length}\n`;
    for (const [name, value] of metadata) lines += `${name}\n${value}\n`;
  }
  return [truncated, lines];
}
