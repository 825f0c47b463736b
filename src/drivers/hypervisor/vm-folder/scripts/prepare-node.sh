# Makes the controller's folders; which of their parents had to be made is noted in the folder `undo`. Arguments: state
# folder, run folder. The VMs' users may pass through the folders, but not look into them.
# Exit code 77: the folder that is printed as an error does not let them.
set -eu
. ./missing-folders.sh
state=$1 run=$2
umask 066
made=$(missing_folders "$state" "$run")
mkdir -p "$state/images" "$state/vms" "$state/undo" "$run/vms"
chmod 711 "$state" "$state/images" "$state/vms" "$run" "$run/vms"
chmod 700 "$state/undo"
[ -f "$state/undo/folders" ] || printf %s "$made" >"$state/undo/folders"
for folder in "$state" "$run"; do
  while [ -n "$folder" ]; do
    case $(stat -c %a "$folder") in
    *[1357]) ;;
    *)
      echo "$folder" >&2
      exit 77
      ;;
    esac
    folder=${folder%/*}
  done
done
