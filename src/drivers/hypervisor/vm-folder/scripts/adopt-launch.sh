# Keeps what runs, after it was changed. Arguments: state folder, run folder, user, process name, hash, and the VM's
# record, or nothing to leave that as it is; input: the launch.
set -eu
. ./lock.sh
. ./find-process.sh
. ./keep-running.sh
launch=$(cat)
state=$1 run=$2 user=$3 name=$4 hash=$5 record=$6
lock "$state"
find_process "$run" "$user" "$name" && [ -f "$state/started" ] || exit 0
if [ -n "$record" ]; then
  printf '%s\n' "$record" >"$state/launch.json.new"
  sync "$state/launch.json.new"
  mv "$state/launch.json.new" "$state/launch.json"
fi
read -r since _hash _user memory <"$state/started"
keep_running "$since"
