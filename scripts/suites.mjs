// Which suites of tests run when; scripts/test knows how each of them runs.
//
//   node scripts/suites.mjs quick    what takes under a minute and needs no network
//   node scripts/suites.mjs usual    what scripts/test runs
//   node scripts/suites.mjs all      everything
//   node scripts/suites.mjs ci       what continuous integration runs at this commit
//   node scripts/suites.mjs names    every suite that there is
//   node scripts/suites.mjs plugins  the entries of the catalogue that changed lately

import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";

const TEXT = ["format", "lints", "documents", "house"];
// What is run by hand otherwise, and would break unseen.
const SCRIPTS = ["deploy", "bench-edge"];
// One registry is started for these, so that they stand together.
// Each starts registries of its own.
const OWN_REGISTRIES = ["upstreams", "sign-in", "tls"];
const REGISTRY = ["end-to-end", "hostile", "types"];

/** In the order in which they run: what fails fast comes first. */
export const TIERS = {
  quick: [...TEXT, "native-offline"],
  usual: [
    ...[...TEXT, "native", "test-ecosystem", "control-groups", "fuzz-short", "twins", "locks-lately"],
    ...[...SCRIPTS, "bucket", ...REGISTRY, ...OWN_REGISTRIES, "pages", "clients-newest"],
  ],
  all: [
    ...[...TEXT, "native", "test-ecosystem", "control-groups", "fuzz-long", "twins", "locks-go", "locks-npm", "locks-python"],
    ...[...SCRIPTS, "bucket", ...REGISTRY, ...OWN_REGISTRIES, "pages-all", "clients"],
  ],
};

/**
 * What is in `all` alone, in parts, and the folders and files whose changes make continuous integration run a part. Of the
 * others it runs a seventh, another one with each commit; and of more than two parts two, the next ones with the next commit.
 */
export const REST = {
  "fuzz-long": ["fuzz/", "scripts/fuzz"],
  "locks-go": ["plugins/"],
  "locks-npm": ["plugins/"],
  "locks-python": ["plugins/"],
  "clients-go": ["tests/clients/", "crates/gomod/"],
  "clients-npm": ["tests/clients/", "crates/npm/"],
  "clients-pnpm": ["tests/clients/", "crates/npm/"],
  "clients-yarn": ["tests/clients/", "crates/npm/"],
  "clients-bun-deno": ["tests/clients/", "crates/npm/"],
  "clients-python": ["tests/clients/", "crates/pypi/"],
  "clients-unscaled": ["tests/clients/"],
  "clients-cached": ["tests/clients/"],
  "clients-crash": ["tests/clients/"],
  "clients-private": ["tests/clients/", "crates/registry/src/accounts/", "crates/edge/src/auth.rs"],
};

const SHARES = 7;
const LATELY = 20;
// Plugins are looked at again one by one, and every one of them in its turn.
const PLUGINS_LATELY = 10;
// More of them in one run would take it beyond its 90 minutes.
const MOST = 2;

/** The suites for continuous integration, by the paths that changed lately and the number of commits. */
export function chosen(changed, commits) {
  const isChanged = (watched) => watched.some((prefix) => changed.some((path) => path.startsWith(prefix)));
  const others = Object.keys(REST).filter((name) => !isChanged(REST[name]));
  const turn = others.filter((_, place) => place % SHARES === commits % SHARES);
  const rest = Object.keys(REST).filter((name) => turn.includes(name) || isChanged(REST[name]));
  // Of no more than that it is all.
  const next = Array.from({ length: MOST }, (_, place) => rest[(commits * MOST + place) % rest.length]);
  const now = rest.filter((name) => next.includes(name));
  // The long one does what the short one does.
  return [...TIERS.usual.filter((name) => name !== "fuzz-short" || !now.includes("fuzz-long")), ...now];
}

/** Paths that changed since the last tag, or in as many commits where that is not as far back. */
function changedLately(lately = LATELY) {
  const ends = [git("rev-list", "-n", "1", `--skip=${lately}`, "HEAD")];
  try {
    ends.unshift(git("rev-list", "-n", "1", git("describe", "--tags", "--abbrev=0")));
  } catch {
    // There is no tag.
  }
  const distances = ends.filter((end) => end !== "").map((end) => [Number(git("rev-list", "--count", `${end}..HEAD`)), end]);
  const [, from] = distances.toSorted(([a], [b]) => a - b)[0] ?? [];
  // Of a short history all is new.
  const paths = from ? git("diff", "--name-only", from, "HEAD") : git("ls-files");
  return paths.split("\n").filter((path) => path !== "");
}

function git(...args) {
  return execFileSync("git", args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
}

/** The entries of which a file is among these paths, as `plugins verify` names them: with their version, in every revision. */
export function entriesAt(paths) {
  const named = paths.map((path) => /^plugins\/([^/]+\/[^/]+)\/(v\d+\.\d+\.\d+)\./.exec(path));
  return [...new Set(named.filter(Boolean).map(([, plugin, version]) => `${plugin}:${version}`))];
}

function suitesOf(what) {
  if (what === "ci") return chosen(changedLately(), Number(git("rev-list", "--count", "HEAD")));
  if (what === "plugins") return entriesAt(changedLately(PLUGINS_LATELY).filter((path) => existsSync(path)));
  if (what === "names") return [...new Set([...Object.values(TIERS).flat(), ...Object.keys(REST)])];
  return TIERS[what];
}

if (import.meta.main ?? process.argv[1]?.endsWith("suites.mjs")) {
  const found = suitesOf(process.argv[2]);
  if (!found) {
    console.error("usage: node scripts/suites.mjs quick | usual | all | ci | names | plugins");
    process.exit(2);
  }
  if (found.length > 0) console.log(found.join("\n"));
}
