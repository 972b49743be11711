# shellcheck shell=bash
# Whether a registry that was just deployed answers, and the cache in front of it does what it is told. Sourced after lib.sh.

# A new version reaches all machines within seconds.
SMOKE_ANSWERS_WITHIN=${SMOKE_ANSWERS_WITHIN:-60}

smoke_answers() {
  local url=${1%/} deadline=$((SECONDS + SMOKE_ANSWERS_WITHIN)) status
  until status=$(status_of "$url/") && [[ $status == 200 ]]; do
    ((SECONDS < deadline)) || die "$url/ answers with $status and not with 200, $SMOKE_ANSWERS_WITHIN s after the deployment"
    sleep 1
  done
  say "$url/ answers"
}

# smoke_cache URL: by an SDK of SMOKE_MODULE, a public module that is there.
smoke_cache() {
  local zip
  if [[ -z ${SMOKE_MODULE:-} ]]; then
    say "LEFT OUT: whether the cache works, since SMOKE_MODULE names no public module (owner/name) to ask for"
    return
  fi
  zip=$(smoke_zip "${1%/}") || exit
  smoke_stored "$zip?smoke=$(sixteen_bytes)"
  smoke_purged "${1%/}" "$zip?smoke=$(sixteen_bytes)"
  smoke_waiting "$zip?w=1.$(sixteen_bytes)"
}

# smoke_zip URL: prints the address of the newest Go SDK; it is generated if need be.
smoke_zip() {
  local plugin=protocolbuffers/go package version
  package=$1/gen/go/$REGISTRY_HOST/gen/go/$SMOKE_MODULE/$plugin
  # Whatever went wrong, there is no version then, and the next line says what to look for.
  version=$(curl --silent --show-error --fail --location "$package/@latest" | sed -n 's/.*"Version": *"\([^"]*\)".*/\1/p') || true
  [[ -n $version ]] || die "$package/@latest says no version: is SMOKE_MODULE=$SMOKE_MODULE a public module that was pushed?" 1
  curl --silent --show-error --fail --location --max-redirs 9 --output /dev/null "$package/@v/$version.zip" ||
    die "$package/@v/$version.zip cannot be had: do the generators run?"
  printf '%s' "$package/@v/$version.zip"
}

# smoke_stored URL: nobody has asked for it before.
smoke_stored() {
  local size
  expect "$1" 200 MISS
  size=$REPLY_SIZE
  # The cache stores a reply when it has passed.
  sleep 1
  expect "$1" 200 HIT
  [[ $REPLY_SIZE == "$size" ]] || die "$1 has $REPLY_SIZE bytes from the cache and $size from the Worker"
  expect "$1" 206 HIT --header "Range: bytes=0-9"
  [[ $REPLY_SIZE == 10 ]] || die "ten bytes of $1 are $REPLY_SIZE bytes"
  # Other users see command lines.
  expect "$1" 200 HIT --header @<(printf 'Authorization: Bearer %s\n' "$ADMIN_TOKEN")
  say "a zip comes from the cache when it is asked for again, whole, in part and with a token"
}

# smoke_purged REGISTRY URL: nobody has asked for it before.
smoke_purged() {
  local answer
  expect "$2" 200 MISS
  sleep 1
  expect "$2" 200 HIT
  answer=$(curl --silent --show-error --header @<(printf 'Authorization: Bearer %s\n' "$ADMIN_TOKEN") \
    --data "{\"modules\": [\"$SMOKE_MODULE\"]}" "$1/-/admin/purges") || die "$1/-/admin/purges cannot be had"
  [[ $answer == *'"has_cache":true'* ]] ||
    die "the Worker reaches no cache that it could purge, so that what is made private would stay in it: $answer"
  # A purge acts within about a second.
  sleep 3
  expect "$2" 200 MISS
  say "what is purged leaves the cache"
}

# smoke_waiting URL: as clients ask that were told to wait.
smoke_waiting() {
  local again
  for again in 1 2; do
    reply "$1"
    [[ $REPLY_STATUS == 200 ]] || die "$1 answers with $REPLY_STATUS and not with 200"
    [[ $REPLY_CACHE != HIT ]] || die "$1 comes from the cache, which must never keep what is answered under ?w="
  done
  say "what is answered under ?w= never does"
}

# expect URL STATUS CACHE FLAG…
expect() {
  reply "$1" "${@:4}"
  [[ $REPLY_STATUS == "$2" ]] || die "$1 answers with $REPLY_STATUS and not with $2"
  [[ -n $REPLY_CACHE ]] || die "$1 has no cf-cache-status: is [cache] in wrangler.toml enabled, and was it deployed?"
  [[ $REPLY_CACHE == "$3" ]] || die "$1 has cf-cache-status $REPLY_CACHE and not $3"
}

# reply URL FLAG…: leaves REPLY_STATUS, REPLY_SIZE and REPLY_CACHE.
reply() {
  local printed
  printed=$(curl --silent --show-error --output /dev/null "${@:2}" \
    --write-out '%{http_code} %{size_download} %header{cf-cache-status}' "$1") || die "$1 cannot be had"
  # `read` complains of the line end that curl does not print.
  read -r REPLY_STATUS REPLY_SIZE REPLY_CACHE <<<"$printed" || true
}

# In hexadecimal: the nonce that the registry gives a client that waits has this form.
sixteen_bytes() { od -An -N16 -v -tx1 /dev/urandom | tr -d ' \n'; }

# Where nothing answers, curl fails and has printed 000.
status_of() { curl --silent --output /dev/null --write-out '%{http_code}' "$1" || true; }
