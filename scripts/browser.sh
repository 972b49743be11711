# shellcheck shell=bash
# What looks at pages, and the packages that its tests need. Sourced after lib.sh.

# What looks at pages.
browser() {
  CHROMIUM=${CHROMIUM:-$(command -v chromium || command -v google-chrome || true)}
  [[ -x $CHROMIUM ]] || die "the pages are looked at by a browser: apt-get install chromium, or set CHROMIUM" 1
  export CHROMIUM
  need java "the validator of HTML runs on it"
  packages "$ROOT/tests/browser"
}

# packages FOLDER: what the tests in it need from npm.
packages() {
  cmp -s "$1/package-lock.json" "$1/node_modules/.made-from" || {
    npm ci --prefix "$1" --ignore-scripts --loglevel=error >&2 || die "the packages of $1 were not installed"
    cp "$1/package-lock.json" "$1/node_modules/.made-from"
  }
}
