# Arguments: connection, UUID, namespace, mark, then those of limit_domain but the domain.
. ../../../../tools/scripts/virsh.sh
. ./limit-domain.sh
uri=$1 uuid=$2
require_own "$2" "$3" "$4"
limit_domain "$5" "$uuid" "$6" "$7"
