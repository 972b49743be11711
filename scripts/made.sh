# shellcheck shell=bash
# Builds what a registry runs for development and tests. Sourced after setup.sh.

build() {
  cd "$ROOT"
  say "building the Worker and the generator"
  # Optimized by the compiler, but not once more by wasm-opt, which takes longer than it saves here.
  quietly worker-build --release --no-opt
  # Unoptimized: most of its time is the plugins', and linking an optimized one takes minutes.
  quietly cargo build --package protoedge-generator
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
