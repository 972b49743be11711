# shellcheck shell=bash
# Builds what a registry runs for development and tests. Sourced after setup.sh.

# shellcheck source=scripts/worker.sh
source "$ROOT/scripts/worker.sh"

build() {
  say "building the generator (the first time minutes, then seconds)"
  # Unoptimized: most of its time is the plugins', and linking an optimized one takes minutes.
  quietly cargo build --manifest-path "$ROOT/Cargo.toml" --package protoedge-generator
  say "building the Worker (the first time minutes, then seconds)"
  quietly build_worker "$ROOT/build"
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
