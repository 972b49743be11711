# shellcheck shell=bash
# TLS for a development registry: an authority of its own, its certificate, and files by which clients trust it besides
# those that they trusted before. Sourced by scripts/dev.

AUTHORITY_DAYS=3650
# The longest that every system takes a server's certificate for is 398 days.
CERTIFICATE_DAYS=397
# What ends within a month is made anew when the registry starts, seconds.
RENEW_BEFORE=$((30 * 24 * 3600))
# Where systems keep the authorities that they trust, the usual ones first.
SYSTEM_BUNDLES=(
  /etc/ssl/certs/ca-certificates.crt
  /etc/pki/tls/certs/ca-bundle.crt
  /etc/ssl/ca-bundle.pem
  /etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem
  /etc/ssl/cert.pem
)

# certificates: all files, in $STATE_DIR/tls; those that are good stay as they are. The generator is told the authority
# by a setting of its own: what it installs plugins with reads only files that every user may read.
certificates() {
  TLS_DIR=$STATE_DIR/tls
  export REGISTRY_CA_FILE=$TLS_DIR/authority.pem
  need openssl "TLS=1 makes certificates with it"
  (
    umask 077
    mkdir -p "$TLS_DIR"
    lasts "$TLS_DIR/authority.pem" || make_authority
    lasts "$TLS_DIR/server.pem" || make_certificate
  )
}

lasts() {
  [[ -s $1 ]] && openssl x509 -in "$1" -noout -checkend "$RENEW_BEFORE" >/dev/null
}

# The certificate comes last: where it is, its key is there.
make_authority() {
  settings >"$TLS_DIR/settings"
  rm -f "$TLS_DIR"/*.pem
  quietly openssl req -x509 -config "$TLS_DIR/settings" -extensions authority -days "$AUTHORITY_DAYS" \
    -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
    -keyout "$TLS_DIR/authority.key" -out "$TLS_DIR/authority.new"
  mv "$TLS_DIR/authority.new" "$TLS_DIR/authority.pem"
}

make_certificate() {
  settings >"$TLS_DIR/settings"
  quietly openssl req -new -config "$TLS_DIR/settings" -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
    -keyout "$TLS_DIR/server.key" -out "$TLS_DIR/server.csr"
  quietly openssl x509 -req -in "$TLS_DIR/server.csr" -CA "$TLS_DIR/authority.pem" -CAkey "$TLS_DIR/authority.key" \
    -set_serial "0x$(hexadecimal 16)" -days "$CERTIFICATE_DAYS" -extfile "$TLS_DIR/settings" -extensions server \
    -out "$TLS_DIR/server.new"
  mv "$TLS_DIR/server.new" "$TLS_DIR/server.pem"
}

# The authority vouches for these names and for no others, so that whoever gets at its key gets little. Addresses are
# free: bun trusts no authority that is bound to some.
settings() {
  cat <<END_OF_SETTINGS
[req]
distinguished_name = name
prompt = no

[name]
O = protoedge
CN = development registry $(hexadecimal 4)

[authority]
basicConstraints = critical, CA:TRUE, pathlen:0
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
nameConstraints = critical, permitted;DNS:localhost, permitted;DNS:$REGISTRY_HOST

[server]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = DNS:localhost, DNS:$REGISTRY_HOST, IP:127.0.0.1
END_OF_SETTINGS
}

hexadecimal() { random "$1" | od -An -v -tx1 | tr -d ' \n'; }

# trust_lines: for $STATE_DIR/env, what makes clients trust the authority. Each variable names a file of authorities,
# and what it named when the registry was started is in the new file, too.
trust_lines() {
  local cafile bundle
  bundle=${SSL_CERT_FILE:-$(system_bundle)}
  # go, buf and curl take this one in place of the system's.
  trust_line SSL_CERT_FILE "$bundle"
  # Node.js, and with it most package managers, take this one besides their own; deno calls it otherwise.
  trust_line NODE_EXTRA_CA_CERTS "${NODE_EXTRA_CA_CERTS:-}"
  trust_line DENO_CERT "${DENO_CERT:-}"
  # Python's take this one in place of those that they come with, and pip what its own settings name.
  trust_line REQUESTS_CA_BUNDLE "${REQUESTS_CA_BUNDLE:-$bundle}"
  trust_line PIP_CERT "${PIP_CERT:-$bundle}"
  # Where one of these is set, its client takes no other.
  [[ -z ${CURL_CA_BUNDLE:-} ]] || trust_line CURL_CA_BUNDLE "$CURL_CA_BUNDLE"
  [[ -z ${YARN_HTTPS_CA_FILE_PATH:-} ]] || trust_line YARN_HTTPS_CA_FILE_PATH "$YARN_HTTPS_CA_FILE_PATH"
  cafile=$(cd / && npm config get cafile)
  [[ -z $cafile || $cafile == null || $cafile == undefined ]] || trust_line NPM_CONFIG_CAFILE "$cafile"
}

# trust_line VARIABLE BEFORE: BEFORE is a file, which may be the one that is made here, or none.
trust_line() {
  local file=$TLS_DIR/$1.pem
  if ! [[ -s $file && $2 -ef $file ]]; then
    cat "$TLS_DIR/authority.pem" >"$file.new"
    # It may end within a line.
    [[ ! -r $2 ]] || { printf '\n' && cat "$2"; } >>"$file.new"
    mv "$file.new" "$file"
  fi
  line "$1" "$file"
}

system_bundle() {
  local file
  for file in "${SYSTEM_BUNDLES[@]}"; do
    [[ ! -r $file ]] || break
  done
  printf '%s' "$file"
}
