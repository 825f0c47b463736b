# Makes the VM's own variables, once, and the link to the code that goes with them: code and variables must be of one
# size class. Arguments: user, link, variables, then pairs of code and template.
# Exit code 78: the node has no firmware that fits.
set -eu
. ./lock.sh
user=$1 link=$2 variables=$3
shift 3
umask 077
lock "${variables%/*}"
size=
[ ! -f "$variables" ] || size=$(stat -c %s "$variables")
while [ "$#" -ge 2 ]; do
  if [ -f "$1" ] && [ -f "$2" ] && [ "${size:-$(stat -c %s "$2")}" = "$(stat -c %s "$2")" ]; then
    if [ -z "$size" ]; then
      trap 'rm -f "$variables.new"' EXIT
      cp "$2" "$variables.new"
      chown "$user:$user" "$variables.new"
      chmod 600 "$variables.new"
      sync "$variables.new"
      mv "$variables.new" "$variables"
    fi
    ln -sfn "$1" "$link"
    exit 0
  fi
  shift 2
done
exit 78
