# shellcheck shell=bash disable=SC2034
# Versions of the tools that no other file pins. npm's are in package.json and its lock file, and
# wasm-bindgen's is the one in Cargo.lock, because the command and the library must be equal.

WORKER_BUILD_VERSION=0.8.7
CARGO_FUZZ_VERSION=0.13.2

# Fetched only where the system's is older than the least that wrangler runs on.
NODE_VERSION=24.21.0
NODE_LEAST=22.12.0
