# Arguments: as of drop_groups.
. ./groups.sh
drop_groups "$@"
