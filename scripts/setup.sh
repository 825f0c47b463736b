#!/bin/sh
# Installs the Debian or Ubuntu packages of the named sections of packages.txt, only those that are missing: where
# nothing is, it needs neither network nor root. Section `node` also sees to it that Open vSwitch runs, unless
# --packages-only is given.
# usage: scripts/setup.sh [--packages-only] SECTION...
set -eu
folder=$(cd "$(dirname "$0")" && pwd)
export PATH="$PATH:/usr/sbin:/sbin"

fail() {
  echo "setup: $*" >&2
  exit 1
}

as_root() {
  if [ "$(id -u)" = 0 ]; then
    env DEBIAN_FRONTEND=noninteractive "$@"
  elif command -v sudo >/dev/null; then
    sudo -v || fail "needs root, and sudo does not let $(id -un) have it"
    sudo env DEBIAN_FRONTEND=noninteractive "$@"
  else
    fail "needs root: log in as root, or install sudo and allow it for $(id -un)"
  fi
}

section_packages() {
  awk -v wanted="$1" '
    /^\[/ { inside = ($0 == "[" wanted "]"); if (inside) known = 1; next }
    inside && NF && !/^#/ { print $1 }
    END { if (!known) exit 1 }' "$folder/packages.txt"
}

is_installed() {
  [ "$(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# Prints those of the packages given that are not installed; of alternatives all, where none is.
missing_packages() {
  for package in "$@"; do
    found=
    for alternative in $(echo "$package" | tr '|' ' '); do
      if is_installed "$alternative"; then found=yes; fi
    done
    [ -n "$found" ] || echo "$package"
  done
}

# The first alternative that can be installed.
choose() {
  for alternative in $(echo "$1" | tr '|' ' '); do
    if apt-cache show --no-all-versions "$alternative" >/dev/null 2>&1; then
      echo "$alternative"
      return
    fi
  done
  fail "this release of Debian or Ubuntu has no package $1"
}

# The tests bring up servers of their own; what a package would start by itself must not begin to run on the machine.
hold_back_services() {
  case " $* " in *" postgresql "*)
    if [ ! -e /etc/postgresql-common/createcluster.conf ]; then
      as_root mkdir -p /etc/postgresql-common
      echo 'create_main_cluster = false' | as_root tee /etc/postgresql-common/createcluster.conf >/dev/null
    fi
    ;;
  esac
}

stop_new_services() {
  case " $* " in *" openssh-server "*)
    if [ -d /run/systemd/system ]; then
      as_root systemctl disable --quiet --now ssh.service ssh.socket 2>/dev/null || true
    fi
    ;;
  esac
}

start_services=yes
if [ "${1-}" = --packages-only ]; then
  start_services=
  shift
fi
[ $# -gt 0 ] || fail "which section? ($(sed -n 's/^\[\(.*\)\]$/\1/p' "$folder/packages.txt" | tr '\n' ' '))"

packages=
for section in "$@"; do
  listed=$(section_packages "$section") || fail "packages.txt has no section [$section]"
  packages="$packages $listed"
done

command -v dpkg-query >/dev/null || fail "needs Debian or Ubuntu; elsewhere install by hand what packages.txt names for: $*"

# shellcheck disable=SC2086 # a list of package names, none of which has spaces
missing=$(missing_packages $packages | sort -u | tr '\n' ' ')

if [ -n "$missing" ]; then
  echo "installing $missing"
  as_root apt-get update -qq || fail "apt-get update failed: see above; the machine needs its package sources"
  chosen=
  for package in $missing; do
    name=$(choose "$package")
    chosen="$chosen $name"
  done
  # shellcheck disable=SC2086
  hold_back_services $chosen
  # shellcheck disable=SC2086
  as_root apt-get install -qq --yes --no-install-recommends $chosen >/dev/null || fail "apt-get could not install$chosen"
  # shellcheck disable=SC2086
  stop_new_services $chosen
fi

for section in "$@"; do
  if [ "$section" = node ] && [ -n "$start_services" ]; then as_root "$folder/openvswitch.sh" start; fi
done
