# Forgets that a VM ran, when its process is gone. Arguments: state folder, run folder, user, process name.
. ../../vm-folder/scripts/find-process.sh
round=0
while find_process "$2" "$3" "$4"; do
  round=$((round + 1))
  [ "$round" -lt 200 ] || {
    echo "process $process does not die" >&2
    exit 1
  }
  sleep 0.05
done
rm -f "$1/started"
