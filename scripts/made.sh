# shellcheck shell=bash
# Builds what a registry runs for development and tests. Sourced after setup.sh.

# shellcheck source=scripts/worker.sh
source "$ROOT/scripts/worker.sh"

build() {
  build_generator
  say "building the Worker (the first time minutes, then seconds)"
  quietly build_worker "$ROOT/build"
}

build_generator() {
  # What runs WebAssembly plugins is half of all that is compiled: WASM_PLUGINS=1 has it built.
  local features=(--no-default-features)
  [[ ${WASM_PLUGINS:-} != 1 ]] || features=()
  say "building the generator (the first time minutes, then seconds)"
  # Unoptimized: most of its time is the plugins', and linking an optimized one takes minutes.
  quietly cargo build --manifest-path "$ROOT/Cargo.toml" --package protoedge-generator "${features[@]}"
}

# quietly COMMAND…: shows what it said only if it failed.
quietly() {
  local output
  output=$(mktemp)
  if ! run "$@" >"$output" 2>&1; then
    cat "$output" >&2
    rm -f "$output"
    die "failed: $*"
  fi
  rm -f "$output"
}
