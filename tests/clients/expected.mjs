// What is expected of each client where it is not `ok`; lib/outcome.mjs has the words.

// go, npm and yarn 1 print what the registry says.
const PRINTS = { rejected: "fails: words", "no such package": "fails: words" };
// The others print the status, and nothing of what came with it.
const STATUS = { rejected: "fails: 422", "no such package": "fails: 404" };
// Clients for npm packages look for a version in the list that they have, and name it.
const NAMES = { "no such version": "fails: name" };

const KINDS = {
  go: { ...PRINTS, "no such version": "fails: words" },
  npm: { ...PRINTS, ...NAMES },
  pnpm: { ...STATUS, ...NAMES },
  "yarn 1": { ...PRINTS, ...NAMES },
  "yarn 4": { ...STATUS, ...NAMES },
  bun: { ...STATUS, ...NAMES },
  deno: {
    ...NAMES,
    // It says only that it did not find the package.
    rejected: "fails: name",
    "no such package": "fails: name",
    // It takes the 503 at the end of the last hop (129 s for npm metadata) for absence.
    "200 s": "fails: name; then ok",
    "200 s, unscaled": "fails: name; then ok",
  },
};

/** What a cell of the table is expected to be. */
export function expected(client, column) {
  return KINDS[client.kind][column] ?? "ok";
}
