// The floor of the platform: a Worker that hands out objects by their path, and decides nothing. ETag, 304, ranges, HEAD.

const TYPES = new Map([["zip", "application/zip"], ["info", "application/json"], ["json", "application/json"]]);

function headersOf(object, key) {
  const type = TYPES.get(key.slice(key.lastIndexOf(".") + 1)) ?? "text/plain; charset=utf-8";
  return new Headers({
    "accept-ranges": "bytes",
    "cache-control": "public, max-age=31536000, immutable",
    "cache-status": "bench; hit",
    "content-type": type,
    etag: object.httpEtag,
  });
}

async function head(bucket, key) {
  const object = await bucket.head(key);
  if (!object) return new Response("not found\n", { status: 404 });
  const headers = headersOf(object, key);
  headers.set("content-length", String(object.size));
  return new Response(null, { headers });
}

async function get(request, bucket, key) {
  const isRanged = request.headers.has("range");
  const object = await bucket.get(key, { onlyIf: request.headers, ...(isRanged ? { range: request.headers } : {}) });
  if (!object) return new Response("not found\n", { status: 404 });
  const headers = headersOf(object, key);
  if (!object.body) return new Response(null, { status: 304, headers });
  if (!isRanged || !object.range) return new Response(object.body, { headers });
  const { offset = 0, length = object.size - offset } = object.range;
  headers.set("content-range", `bytes ${offset}-${offset + length - 1}/${object.size}`);
  return new Response(object.body, { status: 206, headers });
}

export default {
  fetch(request, env) {
    const key = new URL(request.url).pathname.slice(1);
    return request.method === "HEAD" ? head(env.BUCKET, key) : get(request, env.BUCKET, key);
  },
};
