# shellcheck shell=bash
# What a development registry keeps in STATE_DIR: secrets, settings for clients, logs, the bucket.

state_dir() {
  (umask 077 && mkdir -p "$STATE_DIR/buf")
  STATE_DIR=$(cd "$STATE_DIR" && pwd)
  only_once
  secrets
  : >"$STATE_DIR/worker.log"
  : >"$STATE_DIR/wrangler.log"
  : >"$STATE_DIR/generator.log"
  : >"$STATE_DIR/generator.err"
}

# Two runtimes over one bucket folder would damage it.
only_once() {
  local other
  other=$(cat "$STATE_DIR/pid" 2>/dev/null || true)
  if [[ -n $other ]] && kill -0 "$other" 2>/dev/null; then
    die "process $other is using $STATE_DIR; stop it or set STATE_DIR to another folder" 1
  fi
  printf '%s\n' $$ >"$STATE_DIR/pid"
}

# Made once at random; whoever reads the folder is an administrator.
secrets() {
  local file="$STATE_DIR/secrets"
  if [[ ! -s $file ]]; then
    (
      umask 077
      {
        printf 'ADMIN_TOKEN=admin_%s\n' "$(random 32 | od -An -v -tx1 | tr -d ' \n')"
        printf 'WEBHOOK_SECRET=whsec_%s\n' "$(random 32 | base64 | tr -d '\n')"
      } >"$file.new"
    )
    mv "$file.new" "$file"
  fi
  # shellcheck source=/dev/null
  source "$file"
}

# The public registry, and the owners that most modules depend on.
PUBLIC_UPSTREAM='[{"host":"buf.build","npm_scope":"@buf","url":"https://buf.build","owners":["bufbuild","cncf","envoyproxy","gogo","google","googleapis","grpc","grpc-ecosystem","opentelemetry","prometheus","protocolbuffers"]}]'

random() { head -c "$1" /dev/urandom; }

write_env() {
  local buf_host=127.0.0.1:$PORT goproxy=$PUBLIC_URL/gen/go
  (
    umask 077
    cat >"$STATE_DIR/worker.env" <<END
PUBLIC_URL=$PUBLIC_URL
REGISTRY_HOST=$REGISTRY_HOST
NPM_SCOPE=$NPM_SCOPE
GENERATOR_URL=http://127.0.0.1:$GENERATOR_PORT
ADMIN_TOKEN=$ADMIN_TOKEN
WEBHOOK_SECRET=$WEBHOOK_SECRET
SIGN_IN_REQUIRED=${SIGN_IN_REQUIRED:-false}
UPSTREAMS=${UPSTREAMS:-$PUBLIC_UPSTREAM}
WEBHOOKS_TO_PRIVATE_ADDRESSES=true
END
    sign_in_settings >>"$STATE_DIR/worker.env"
    {
      line REGISTRY_URL "$PUBLIC_URL"
      line REGISTRY_HOST "$REGISTRY_HOST"
      line BUF_HOST "$buf_host"
      line GOPROXY "$(joined , "$goproxy" "$(go env GOPROXY)")"
      line GONOSUMDB "$(joined , "$REGISTRY_HOST" "$(go env GONOSUMDB)")"
      line NPM_REGISTRY "$PUBLIC_URL/gen/npm/v1/"
      line NPM_SCOPE "$NPM_SCOPE"
      line PYTHON_INDEX "$PUBLIC_URL/gen/python/simple/"
      line BUF_CONFIG_DIR "$STATE_DIR/buf"
      line BUF_TOKEN "$ADMIN_TOKEN@$buf_host"
      line ADMIN_TOKEN "$ADMIN_TOKEN"
      [[ $SCHEME == http ]] || trust_lines
      # Last, so that a buf of the user's own comes first.
      printf 'export PATH=$PATH:%q\n' "$STATE_DIR/bin"
    } >"$STATE_DIR/env"
    mkdir -p "$STATE_DIR/bin"
    ln -sf "$ROOT/node_modules/.bin/buf" "$STATE_DIR/bin/buf"
  )
  # The buf command speaks https unless told otherwise, for all registries alike.
  {
    printf 'version: v1\n'
    [[ $SCHEME == https ]] || printf 'tls:\n  use: "false"\n'
  } >"$STATE_DIR/buf/config.yaml"
}

# Those that are set: the Worker says which of them cannot be used.
sign_in_settings() {
  local name
  for name in OIDC_{ISSUER,CLIENT_ID,CLIENT_SECRET,SCOPES,NAME_CLAIM,MAIL_DOMAINS,GROUPS_CLAIM,GROUPS} TRUSTED_ISSUERS; do
    [[ -z ${!name:-} ]] || printf '%s=%s\n' "$name" "${!name}"
  done
}

line() { printf 'export %s=%q\n' "$1" "$2"; }

# joined SEPARATOR FIRST REST: REST may be empty, or begin with FIRST already.
joined() {
  case $3 in
    '') printf '%s' "$2" ;;
    "$2" | "$2$1"*) printf '%s' "$3" ;;
    *) printf '%s%s%s' "$2" "$1" "$3" ;;
  esac
}
