# Notes that the end is wanted, whatever the process's exit code will be. Arguments: state folder, run folder, user,
# process name.
# Exit codes: 1: it does not run; 2: it runs, and is half put back to a snapshot, so that its guest must not go on.
. ./find-process.sh
state=$1 run=$2 user=$3 name=$4
find_process "$run" "$user" "$name" || exit 1
: >"$run/stopping"
[ ! -f "$state/reverting" ] || exit 2
