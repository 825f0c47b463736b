# What was loaded is whole, and still paused: whoever finds it so lets it go on. Arguments: state folder, run folder.
set -eu
. ./mark.sh
: >"$2/paused"
mark_whole "$1"
