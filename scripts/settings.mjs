// What is wrong with the settings of wrangler.toml, before anything is deployed with them.
//
//   node scripts/settings.mjs FILE           prints what is wrong, a line each; ends with 1 if something is
//   node scripts/settings.mjs FILE --draft   the same, but what is only an example is no error
//   node scripts/settings.mjs FILE NAME…     prints settings of [vars], a line each

import { pathToFileURL } from "node:url";

// Names that are nobody's (RFC 2606): the examples of wrangler.toml.
const EXAMPLE = /(^|\.)example(\.(com|net|org))?$/;
const HOST_NAME = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$/;
const SCOPE = /^@[a-z0-9][a-z0-9._-]*$/;

/** `{examples, faults}` of a configuration as wrangler reads it: sentences that say what to do. */
export function check(config) {
  const found = { examples: [], faults: [] };
  const vars = config.vars ?? {};
  url(found, vars, "PUBLIC_URL", "where clients reach the Worker");
  url(found, vars, "GENERATOR_URL", "where the Worker reaches the generators");
  registryHost(found, vars);
  scope(found, vars);
  if (!config.r2_buckets?.some(({ binding }) => binding === "BUCKET")) {
    found.faults.push('no R2 bucket is bound as BUCKET: wrangler.toml needs [[r2_buckets]] with binding = "BUCKET" and its bucket_name');
  }
  if (!(config.triggers?.crons?.length > 0)) {
    found.faults.push('no cron calls the sweep, which finishes what was cut off: wrangler.toml needs [triggers] with crons = ["* * * * *"]');
  }
  return found;
}

function given({ faults }, vars, name, what) {
  const value = vars[name];
  if (typeof value === "string" && value !== "") return value;
  faults.push(`${name} is not set: write ${what} into [vars] of wrangler.toml`);
}

function url(found, vars, name, what) {
  const value = given(found, vars, name, what);
  if (value === undefined) return;
  const parsed = URL.canParse(value) ? new URL(value) : undefined;
  if (parsed?.protocol !== "https:" || parsed.search || parsed.hash || parsed.username) {
    found.faults.push(`${name} is ${value}, which is no https address: set it to ${what}, such as https://registry.example.com`);
  } else if (EXAMPLE.test(parsed.hostname)) {
    found.examples.push(`${name} is still the example ${value}: set it to ${what}`);
  }
}

function registryHost(found, vars) {
  const what = "the host name in the import paths of Go code, which never changes";
  const value = given(found, vars, "REGISTRY_HOST", what);
  if (value === undefined) return;
  if (!HOST_NAME.test(value)) {
    found.faults.push(`REGISTRY_HOST is ${value}: set it to a name with a dot, in small letters, without https:// and port`);
  } else if (EXAMPLE.test(value)) {
    found.examples.push(`REGISTRY_HOST is still the example ${value}: set it to ${what}`);
  }
}

function scope(found, vars) {
  const value = given(found, vars, "NPM_SCOPE", "the scope of npm packages, which never changes,");
  if (value !== undefined && !SCOPE.test(value)) {
    found.faults.push(`NPM_SCOPE is ${value}: set it to @ and small letters, digits, "-", "_" or ".", such as @protoedge`);
  }
}

async function main([file, what, ...more]) {
  const wrangler = new URL("../node_modules/wrangler/wrangler-dist/cli.js", import.meta.url);
  const { unstable_readConfig: read } = await import(wrangler);
  const config = read({ config: file });
  if (what !== undefined && what !== "--draft") {
    for (const name of [what, ...more]) console.log(config.vars[name] ?? "");
    return;
  }
  const { examples, faults } = check(config);
  for (const line of [...faults, ...examples]) console.log(line);
  if (faults.length > 0 || (examples.length > 0 && what !== "--draft")) process.exitCode = 1;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  await main(process.argv.slice(2)).catch((error) => {
    console.error(`wrangler cannot read the settings: ${error.message}`);
    process.exitCode = 1;
  });
}
