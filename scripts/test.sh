#!/bin/sh
# `npm test` from a fresh clone on: installs what is missing, then runs the stages named, or all of them.
# usage: scripts/test.sh [gates] [unit] [integration] [e2e]
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"

# shellcheck disable=SC3013 # dash and every other sh of Debian and Ubuntu has -nt
if [ ! -x node_modules/.bin/node ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  scripts/install.sh
fi
case " ${*:-all} " in
*' all '* | *' gates '* | *' integration '* | *' e2e '*) scripts/setup.sh --packages-only controller node image test ;;
esac

export PATH="$root/node_modules/.bin:$PATH:/usr/sbin:/sbin"
exec node --disable-warning=ExperimentalWarning scripts/run-tests.ts "$@"
