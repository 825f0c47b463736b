# Runs virsh on a domain of ours. Arguments: connection, UUID, namespace, mark, seconds, then virsh's. What is read is
# its input.
. ./virsh.sh
uri=$1 limit=$5
require_own "$2" "$3" "$4"
shift 5
virsh_in "$limit" "$@"
