# Writes the record that makes the VM complete, after the seed where there is a new one. Arguments: state folder, user,
# record (one line), `seed` where the input is one.
set -eu
. ./lock.sh
state=$1 user=$2 record=$3 input=$4
umask 077
lock "$state"
trap 'rm -f "$state/seed.iso.new" "$state/launch.json.new"' EXIT
if [ "$input" = seed ]; then
  cat >"$state/seed.iso.new"
  chown "0:$user" "$state/seed.iso.new"
  chmod 640 "$state/seed.iso.new"
  sync "$state/seed.iso.new"
  rm -f "$state/launch.json"
  mv "$state/seed.iso.new" "$state/seed.iso"
fi
printf '%s\n' "$record" >"$state/launch.json.new"
sync "$state/launch.json.new"
mv "$state/launch.json.new" "$state/launch.json"
