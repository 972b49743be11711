# shellcheck shell=bash
# Pushes examples/ with the stock buf command, as a user would.

# acme/weather is pushed between two states of acme/units, so that the commit it depends on is not
# the newest. The label that the last push sets says that all of them are done.
push_examples() {
  local host=127.0.0.1:$PORT work="$STATE_DIR/examples"
  export BUF_CONFIG_DIR=$STATE_DIR/buf BUF_TOKEN=$ADMIN_TOKEN@$host
  [[ $SCHEME == http ]] || export SSL_CERT_FILE=$TLS_DIR/SSL_CERT_FILE.pem
  buf registry module commit resolve "$host/acme/units:v1.1.0" >/dev/null 2>&1 && return
  say "pushing examples"
  rm -rf "$work"
  cp -R "$ROOT/examples" "$work"
  sed -i.orig "s/127\.0\.0\.1:8787/$host/" "$work"/*/buf.yaml

  buf registry organization info "$host/acme" >/dev/null 2>&1 ||
    run buf registry organization create "$host/acme" >&2
  mv "$work/units/acme/units/v1/wind.proto" "$work/"
  push units --label main --label v1.0.0
  run buf dep update "$work/weather" >&2
  push weather
  mv "$work/wind.proto" "$work/units/acme/units/v1/"
  push units --label main --label v1.1.0
}

push() {
  run buf push "$STATE_DIR/examples/$1" --create --create-visibility public "${@:2}" >&2 ||
    die "the example $1 was not pushed"
}
