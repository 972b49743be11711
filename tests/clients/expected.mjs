// What is expected of each client where it is not `ok`; lib/outcome.mjs has the words.

// go, npm and yarn 1 print what the registry says.
const PRINTS = { rejected: "fails: words", "no such package": "fails: words", "private, without": "fails: words" };
// The others print the status, and nothing of what came with it.
const STATUS = { rejected: "fails: 422", "no such package": "fails: 404", "private, without": "fails: 404" };
// What is said of a token that is over. npm has words of its own for it.
const OVER = { words: { "private, expired": "fails: words" }, status: { "private, expired": "fails: 401" } };
// Clients for npm packages look for a version in the list that they have, and name it.
const NAMES = { "no such version": "fails: name" };

const KINDS = {
  go: { ...PRINTS, ...OVER.words, "no such version": "fails: words" },
  npm: { ...PRINTS, ...NAMES, ...OVER.status },
  pnpm: { ...STATUS, ...NAMES, ...OVER.status },
  "yarn 1": { ...PRINTS, ...NAMES, ...OVER.words },
  // It says that the authentication is invalid.
  "yarn 4": { ...STATUS, ...NAMES, "private, expired": "fails: name" },
  bun: { ...STATUS, ...NAMES, ...OVER.status },
  // They print the address and the status of a wheel, and of a page nothing but the name of what they did not find there.
  pip: { ...NAMES, rejected: "fails: 422", "no such package": "fails: name", "private, without": "fails: name", "private, expired": "fails: 401" },
  uv: {
    ...NAMES,
    rejected: "fails: 422",
    "no such package": "fails: name",
    "private, without": "fails: name",
    "private, expired": "fails: 401",
    // What it was redirected to for 111 s it asks for no more.
    "200 s, unscaled": "fails: 503; then ok",
  },
  // Of a version that is not there it says neither.
  poetry: { "no such version": "fails: nothing", rejected: "fails: 422", "no such package": "fails: name", "private, without": "fails: name", "private, expired": "fails: name" },
  pdm: {
    ...NAMES,
    rejected: "fails: 422",
    "no such package": "fails: name",
    "private, without": "fails: name",
    "private, expired": "fails: name",
    // It does not ask again after the 503 at the end of the last redirect of a page.
    "200 s": "fails: name; then ok",
    "200 s, unscaled": "fails: name; then ok",
  },
  // It says that the token is not valid for the host.
  buf: { "private, without": "fails: words", "private, expired": "fails: nothing" },
  deno: {
    ...NAMES,
    // It says only that it did not find the package.
    rejected: "fails: name",
    "no such package": "fails: name",
    "private, without": "fails: name",
    "private, expired": "fails: name",
    // It takes the 503 at the end of the last hop (129 s for npm metadata) for absence.
    "200 s": "fails: name; then ok",
    "200 s, unscaled": "fails: name; then ok",
  },
};

/** What a cell of the table is expected to be. */
export function expected(client, column) {
  return KINDS[client.kind][column] ?? "ok";
}
