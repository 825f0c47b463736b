# Arguments: run folder, user, process name.
. ./find-process.sh
find_process "$1" "$2" "$3"
