// What of a request the Worker's code reads, and what of its reply the runtime reads: each in one call, since a call between
// WebAssembly and JavaScript costs more than what it does.

let names = [];

/** Says which headers are read: their names, one a line. */
export function readHeaders(lines) {
  names = lines.split("\n");
}

// What a path says that is another path to whoever parses it, perhaps to the cache in front: a reply about the one would be kept
// for the other.
const OTHERWISE = /\/\.|%2e|\\/i;

/** The method, the URL and the values of the headers that are read, one a line; an empty line for each that is absent. */
export function head({ method, url, headers }) {
  // Parsing each would take longer than all else here.
  let lines = `${method}\n${OTHERWISE.test(url) ? new URL(url).href : url}`;
  for (const name of names) lines += `\n${headers.get(name) ?? ""}`;
  return lines;
}

/** A response with the body of an object of the bucket, as a stream. */
export function respondWith(status, lines, object) {
  return respond(status, lines, object.body);
}

/** Writes a line to the log. */
export function log(line) {
  console.log(line);
}

/** A response; `lines` are the names and values of its headers in turn. */
export function respond(status, lines, body) {
  const given = lines.split("\n");
  const headers = [];
  for (let at = 0; at + 1 < given.length; at += 2) headers.push([given[at], given[at + 1]]);
  return new Response(body, { status, headers });
}
