# shellcheck shell=bash
# Builds the Worker: Rust to WebAssembly, the glue between that and JavaScript, one file of JavaScript. Sourced after setup.sh.

WASM_TARGET=wasm32-unknown-unknown
# What wasm-opt may use: no more than the compiler, and the runtime, have by default.
WASM_FEATURES=(mutable-globals sign-ext nontrapping-float-to-int bulk-memory multivalue reference-types exception-handling)

# build_worker FOLDER FLAG…: with cargo's flags. Optimized by the compiler alone, as development and tests need it.
build_worker() {
  local folder=$1 made
  mkdir -p "$TARGET" "$(dirname "$folder")" && made=$(mktemp -d "$TARGET/worker.XXXXXX") || return
  glue "$made" "${@:2}" && bundle "$made" && node "$ROOT/scripts/assets.mjs" "$made/assets" &&
    rm -rf "$folder" && mv "$made" "$folder" && return
  rm -rf "$made"
  return 1
}

glue() {
  local cargo=(cargo build --quiet --manifest-path "$ROOT/Cargo.toml")
  "${cargo[@]}" --package protoedge-bindgen || return
  # The crate `worker` wants its futures so.
  WASM_BINDGEN_USE_JS_SYS=1 "${cargo[@]}" --profile worker --lib --package protoedge --target "$WASM_TARGET" "${@:2}" &&
    "$TARGET/debug/protoedge-bindgen" "$TARGET/$WASM_TARGET/worker/protoedge.wasm" "$1"
}

# bundle FOLDER: the glue, its snippets and entry.mjs become index.js.
bundle() {
  # Modules of WebAssembly are imported as wrangler reads it.
  sed -i.orig 's/^import source /import /' "$1/index.js" && cp "$ROOT/src/entry.mjs" "$ROOT/src/purge.mjs" "$1/" &&
    (cd "$1" && esbuild entry.mjs --bundle --minify --format=esm --log-level=warning --allow-overwrite \
      --outfile=index.js --external:./index_bg.wasm '--external:cloudflare:*') &&
    rm -rf "$1/entry.mjs" "$1/purge.mjs" "$1/index.js.orig" "$1/snippets"
}

# shrink_worker FOLDER: for what is deployed. Takes longer than it saves elsewhere. Names of functions stay, so that the
# stack of a panic can be read.
shrink_worker() {
  local wasm=$1/index_bg.wasm
  wasm-opt "$wasm" -O --debuginfo "${WASM_FEATURES[@]/#/--enable-}" --output "$wasm.opt" && mv "$wasm.opt" "$wasm"
}
