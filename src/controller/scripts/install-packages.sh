# Arguments: packages. Exit code 64 where none of the three is there. pkg(1) says 4 where there was nothing to do.
set -eu
if [ "$(uname -s)" = SunOS ]; then
  pkg install -q "$@" >&2 || [ "$?" -eq 4 ]
elif command -v apt-get >/dev/null; then
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -q >&2
  apt-get install -q -y --no-install-recommends "$@" >&2
elif command -v apk >/dev/null; then
  apk add "$@" >&2
else
  exit 64
fi
