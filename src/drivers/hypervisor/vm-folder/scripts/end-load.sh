# The loaded VM is complete, and still paused: a pass that finds it so resumes the VM. Arguments: state folder, run folder.
set -eu
. ./mark.sh
: >"$2/paused"
mark_whole "$1"
