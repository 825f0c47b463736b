# Arguments: as of keepVariables.
. ./companions.sh
user=$1 variables=$2 tag=$3
drop_companions
