# limit_domain ROOT DOMAIN CPUS KIBIBYTES: gives it a share of the processors by its CPUs, which the control groups of
# now count otherwise than those of old, and a limit of its memory, or the limit from before where that is empty. ROOT is where
# groups are. What cannot be set is left out: a VM runs without as well. Needs the functions of virsh.
limit_domain() {
  shares=$(($3 * 1024))
  if [ -f "$1/cgroup.controllers" ]; then
    shares=$(($3 * 100))
    [ "$shares" -le 10000 ] || shares=10000
  fi
  set -- "$2" "$shares" "$4"
  if [ -n "$3" ]; then set -- "$1" "$2" "; memtune $1 --live --hard-limit $3"; fi
  virsh_in 15 "schedinfo $1 --live --set cpu_shares=$2$3" >/dev/null 2>&1 || :
}
