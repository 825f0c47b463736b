# Arguments: as of take-snapshot.sh, after each disk the size that it has at least, or nothing. Repeating it does no harm.
. ./begin-offline.sh
. ./mark.sh
. ./put-back.sh
mark_half "$state" "$tag"
restore_variables
while [ "$#" -ge 2 ]; do
  put_back "$1" "$2"
  shift 2
done
mark_whole "$state"
