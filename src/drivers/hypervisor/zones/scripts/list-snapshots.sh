# Argument: state folder, VM. Prints names and times.
[ -f "$1/dataset" ] || exit 0
read -r dataset <"$1/dataset"
zfs list -H -o name,croft:at -t snapshot -r "$dataset/vms/$2" 2>/dev/null
exit 0
