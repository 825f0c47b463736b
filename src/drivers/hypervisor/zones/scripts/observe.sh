# Arguments: the folder of the VMs' folders, the one of their zones. Prints a line `zone` for each zone of the node,
# foreign ones included, the time at which the node started, and a line `vm` for each VM with, between tabs, its id, whether
# its end was wanted, the code with which bhyve ended where its log tells it, the mark of its start, and its record.
. ./boot-time.sh
. ./bhyve-words.sh
vms=$1 zones=$2
list=$(zoneadm list -cp) || exit 1
printf '%s\n' "$list" | while IFS= read -r line; do printf 'zone\t%s\n' "$line"; done
boot_time
printf 'boot\t%s\n' "$boot"
first_line() {
  line=
  [ ! -f "$1" ] || IFS= read -r line <"$1" || :
}
ended() {
  case $list in *":croft-$1:installed:"*) ;; *) return 1 ;; esac
}
for folder in "$vms"/*/; do
  folder=${folder%/}
  id=${folder##*/}
  [ -d "$folder" ] || continue
  first_line "$folder/started"
  started=$line
  first_line "$folder/launch.json"
  record=$line
  stopping=no code=
  [ ! -f "$folder/stopping" ] || stopping=yes
  if [ "$stopping" = no ] && [ -n "$started" ] && ended "$id"; then
    code=$(words "$zones/$id/root/tmp" 2000 | grep 'Bhyve exited' | tail -n 1)
    code=${code##* }
  fi
  printf 'vm\t%s\t%s\t%s\t%s\t%s\n' "$id" "$stopping" "$code" "$started" "$record"
done
exit 0
