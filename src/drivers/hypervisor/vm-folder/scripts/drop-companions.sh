# Arguments: as of keep-variables.sh.
. ./companions.sh
user=$1 variables=$2 tag=$3
drop_companions
