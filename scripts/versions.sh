# shellcheck shell=bash disable=SC2034
# Versions of the tools that no other file pins. npm's are in package.json and its lock file, and
# wasm-bindgen's is in Cargo.lock: crates/bindgen has its command as a library.

CARGO_FUZZ_VERSION=0.13.2

# Fetched only where the system's is older than the least that wrangler runs on.
NODE_VERSION=24.21.0
NODE_LEAST=22.12.0
