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
