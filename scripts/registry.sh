# shellcheck shell=bash
# A registry for tests: scripts/dev on free ports, with a folder of its own. Sourced after setup.sh.

# scripts/dev needs the GRACE of lib.sh for what it started itself.
GRACE=30

# start_registry: returns when it is ready; what it says is shown only if it never is.
start_registry() {
  local ports
  STATE_DIR=$(mktemp -d "${TMPDIR:-/tmp}/protoedge-test.XXXXXX")
  read -r -a ports <<<"$(free_ports)"
  export STATE_DIR PORT=${ports[0]} GENERATOR_PORT=${ports[1]}
  start "$ROOT/scripts/dev" >"$STATE_DIR/dev.log" 2>&1 </dev/null
  until grep -q '^ready: ' "$STATE_DIR/dev.log"; do
    if ! kill -0 "$STARTED" 2>/dev/null; then
      cat "$STATE_DIR/dev.log" >&2
      return 1
    fi
    sleep 0.5
  done
}

# with_env COMMAND…: as a user who has sourced the file that scripts/dev writes.
with_env() {
  # shellcheck source=/dev/null
  source "$STATE_DIR/env"
  exec "$@"
}

# Two ports that nobody listens on. Both are open at once, so that they differ.
free_ports() {
  node -e '
    const { createServer } = require("node:net");
    const open = () => new Promise((done) => {
      const server = createServer().listen(0, "127.0.0.1", () => done(server));
    });
    Promise.all([open(), open()]).then((servers) => {
      console.log(servers.map((server) => server.address().port).join(" "));
      servers.forEach((server) => server.close());
    });'
}
