#!/bin/sh
# Installs the npm packages of package-lock.json, among them the Node.js that Croft runs on. npm itself comes from the
# distribution where there is none; its Node.js may be older.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
export PATH="$PATH:/usr/sbin:/sbin"

fail() {
  echo "install: $*" >&2
  exit 1
}

if ! command -v npm >/dev/null; then
  "$root/scripts/setup.sh" npm
fi

[ -w "$root" ] || fail "$root cannot be written by $(id -un): run this as its owner, $(stat -c %U "$root")"

echo "installing npm packages"
cd "$root"
npm ci --no-audit --no-fund --loglevel=error || fail "npm ci failed in $root: see above"
[ -x node_modules/.bin/node ] || fail "npm did not bring node_modules/.bin/node: its install script must be allowed to run"
