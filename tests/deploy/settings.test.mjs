// What scripts/settings.mjs says of a configuration before it is deployed.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { check } from "../../scripts/settings.mjs";

const GOOD = {
  vars: {
    PUBLIC_URL: "https://registry.acme.dev",
    GENERATOR_URL: "https://generator.acme.dev/here",
    REGISTRY_HOST: "registry.acme.dev",
    NPM_SCOPE: "@protoedge",
  },
  r2_buckets: [{ binding: "BUCKET", bucket_name: "protoedge" }],
  triggers: { crons: ["* * * * *"] },
};

const vars = (changed) => ({ ...GOOD, vars: { ...GOOD.vars, ...changed } });

/** A configuration and what is said of it: how its one line begins. */
const CASES = [
  { name: "an address that is not set", config: vars({ PUBLIC_URL: undefined }), faults: ["PUBLIC_URL is not set"] },
  { name: "an empty address", config: vars({ GENERATOR_URL: "" }), faults: ["GENERATOR_URL is not set"] },
  { name: "no address", config: vars({ PUBLIC_URL: "registry.acme.dev" }), faults: ["PUBLIC_URL is registry.acme.dev, which is no https address"] },
  { name: "an address without TLS", config: vars({ GENERATOR_URL: "http://generator.acme.dev" }), faults: ["GENERATOR_URL is http://generator.acme.dev, which"] },
  { name: "an address with a query", config: vars({ PUBLIC_URL: "https://acme.dev/?a" }), faults: ["PUBLIC_URL is https://acme.dev/?a, which"] },
  { name: "an address with a password", config: vars({ PUBLIC_URL: "https://a:b@acme.dev" }), faults: ["PUBLIC_URL is https://a:b@acme.dev, which"] },
  { name: "an example's address", config: vars({ PUBLIC_URL: "https://registry.example.com" }), examples: ["PUBLIC_URL is still the example"] },
  { name: "another one", config: vars({ GENERATOR_URL: "https://example.org" }), examples: ["GENERATOR_URL is still the example"] },
  { name: "an address that only ends like one", config: vars({ PUBLIC_URL: "https://myexample.com" }) },
  { name: "a host that is not set", config: vars({ REGISTRY_HOST: undefined }), faults: ["REGISTRY_HOST is not set"] },
  { name: "a host with a port", config: vars({ REGISTRY_HOST: "acme.dev:443" }), faults: ["REGISTRY_HOST is acme.dev:443"] },
  { name: "a host without a dot", config: vars({ REGISTRY_HOST: "registry" }), faults: ["REGISTRY_HOST is registry: set it to a name with a dot"] },
  { name: "a host with a scheme", config: vars({ REGISTRY_HOST: "https://acme.dev" }), faults: ["REGISTRY_HOST is https://acme.dev"] },
  { name: "a host in capitals", config: vars({ REGISTRY_HOST: "Acme.dev" }), faults: ["REGISTRY_HOST is Acme.dev"] },
  { name: "an example's host", config: vars({ REGISTRY_HOST: "registry.example.com" }), examples: ["REGISTRY_HOST is still the example"] },
  { name: "a scope that is not set", config: vars({ NPM_SCOPE: undefined }), faults: ["NPM_SCOPE is not set"] },
  { name: "a scope without @", config: vars({ NPM_SCOPE: "acme" }), faults: ["NPM_SCOPE is acme"] },
  { name: "a scope with a slash", config: vars({ NPM_SCOPE: "@acme/" }), faults: ["NPM_SCOPE is @acme/"] },
  { name: "no bucket", config: { ...GOOD, r2_buckets: [] }, faults: ["no R2 bucket is bound as BUCKET"] },
  { name: "a bucket by another name", config: { ...GOOD, r2_buckets: [{ binding: "B" }] }, faults: ["no R2 bucket is bound as BUCKET"] },
  { name: "no sweep", config: { ...GOOD, triggers: { crons: [] } }, faults: ["no cron calls the sweep"] },
  { name: "no settings at all", config: {}, faults: ["PUBLIC_URL", "GENERATOR_URL", "REGISTRY_HOST", "NPM_SCOPE", "no R2", "no cron"] },
];

describe("settings", () => {
  test("good ones", () => assert.deepEqual(check(GOOD), { examples: [], faults: [] }));
  for (const { name, config, faults = [], examples = [] } of CASES) {
    test(name, () => {
      const found = check(config);
      const begins = (lines, starts) => {
        assert.equal(lines.length, starts.length, lines.join("\n"));
        for (const [place, start] of starts.entries()) assert.ok(lines[place].startsWith(start), lines[place]);
      };
      begins(found.faults, faults);
      begins(found.examples, examples);
    });
  }
});
