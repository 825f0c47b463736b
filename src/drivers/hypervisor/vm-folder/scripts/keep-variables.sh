# Arguments: user, variables, tag. Its QEMU may run: a firmware finds its variables whole also where it was cut off in
# writing them.
set -eu
. ./companions.sh
user=$1 variables=$2 tag=$3
keep_variables
