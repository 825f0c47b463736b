# Arguments: as of weigh_groups.
. ./groups.sh
weigh_groups "$@"
