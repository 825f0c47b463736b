# Arguments: folder of the plans, names. One that a zone which runs still has stays, and is a failure once the others
# are gone.
. ../../../../tools/scripts/dladm.sh
plans=$1 code=0
shift
for name in "$@"; do
  if has_vnic "$name" && ! dladm delete-vnic -t "$name"; then code=1; else rm -f "$plans/$name"; fi
done
exit "$code"
