# shellcheck shell=bash
# What the scripts share: where things are, how to speak, how to run something that can be stopped.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# Root's home is closed to the users that plugins run as.
if [[ $(id -u) == 0 ]]; then CACHE=/var/cache/protoedge; else CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/protoedge; fi
# Shared by all clones: each tool has a folder that carries its version.
TOOLS=${PROTOEDGE_TOOLS:-$CACHE/tools}
export PROTOEDGE_TOOLS=$TOOLS
TARGET=${CARGO_TARGET_DIR:-$ROOT/target}

say() { printf '%s\n' "$*" >&2; }

# die MESSAGE [CODE]: 1 the input was refused, 2 wrong usage, 3 trouble of ours.
die() {
  say "error: $1"
  exit "${2:-3}"
}

need() {
  command -v "$1" >/dev/null || die "$1 is not installed: $2" 1
}

GROUPS_STARTED=()

# start COMMAND…: runs it in the background as a process group of its own, so that all that it
# starts can be stopped together. The group's id is left in STARTED.
start() {
  set -m
  "$@" &
  STARTED=$!
  set +m
  GROUPS_STARTED+=("$STARTED")
}

# run COMMAND…: the same in the foreground. A signal interrupts the waiting, so that a trap runs at
# once and not when the command is done.
run() {
  local code=0
  start "$@" </dev/null
  wait "$STARTED" || code=$?
  # Its id may soon be somebody else's.
  unset 'GROUPS_STARTED[-1]'
  return "$code"
}

# Seconds that a program has to end by itself: wrangler takes up to 4, the generator gives running jobs 8.
GRACE=12

# stop_all: ends every group that is still there; those that do not go within GRACE are killed.
stop_all() {
  local group tries
  for group in ${GROUPS_STARTED[@]+"${GROUPS_STARTED[@]}"}; do
    kill -TERM -- "-$group" 2>/dev/null || true
  done
  for group in ${GROUPS_STARTED[@]+"${GROUPS_STARTED[@]}"}; do
    for ((tries = 0; tries < GRACE * 10; tries++)); do
      kill -0 -- "-$group" 2>/dev/null || break
      sleep 0.1
    done
    kill -KILL -- "-$group" 2>/dev/null || true
  done
  GROUPS_STARTED=()
}

# stop_all_at_exit: whatever ends the script, nothing that it started stays behind.
stop_all_at_exit() {
  trap stop_all EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
}

port_in_use() {
  (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}
