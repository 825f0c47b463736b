# Control groups of VMs. A process has them where it is in the root's groups or in one of systemd's; one that is in a group of
# somebody else's, such as a container, stays there with all that it starts.
# may_leave OWN KIND: whether the list of the groups that one is in, OWN, lets one go into another group of that kind.
may_leave() {
  while IFS=: read -r _number names place; do
    case ",$names," in *",$2,"*) ;; *) continue ;; esac
    case $place in / | *.slice | *.slice/* | *.scope | *.service) return 0 ;; *) return 1 ;; esac
  done <"$1"
  return 1
}
# make_groups ROOT OWN CONTROLLER VM MEMORY CPUS: makes the VM's groups and sets `groups` to those that are there. What cannot be
# made is left out: a VM runs without as well.
make_groups() {
  groups=
  processors=$(grep -c ^processor /proc/cpuinfo)
  if [ -f "$1/cgroup.controllers" ]; then
    may_leave "$2" '' && mkdir -p "$1/$3" || return 0
    for parent in "$1" "$1/$3"; do
      for kind in memory cpu; do echo "+$kind" >"$parent/cgroup.subtree_control"; done
    done
    mkdir -p "$1/$3/$4" || return 0
    weight "$processors" >"$1/$3/cpu.weight"
    weigh_groups "$1" "$3" "$4" "$6"
    echo "$5" >"$1/$3/$4/memory.max"
    groups=$1/$3/$4
    return 0
  fi
  if [ -f "$1/memory/cgroup.procs" ] && may_leave "$2" memory && mkdir -p "$1/memory/$3/$4"; then
    echo "$5" >"$1/memory/$3/$4/memory.limit_in_bytes"
    groups=$1/memory/$3/$4
  fi
  if [ -f "$1/cpu/cgroup.procs" ] && may_leave "$2" cpu && mkdir -p "$1/cpu/$3/$4"; then
    echo "$((processors * 1024))" >"$1/cpu/$3/cpu.shares"
    weigh_groups "$1" "$3" "$4" "$6"
    groups="$groups $1/cpu/$3/$4"
  fi
} 2>/dev/null
# weigh_groups ROOT CONTROLLER VM CPUS: gives a VM the share of so many CPUs where it has such a group.
weigh_groups() {
  [ ! -d "$1/$2/$3" ] || weight "$4" >"$1/$2/$3/cpu.weight"
  [ ! -d "$1/cpu/$2/$3" ] || echo "$(($4 * 1024))" >"$1/cpu/$2/$3/cpu.shares"
  return 0
} 2>/dev/null
# show_limits ROOT OWN: prints what the groups of a VM would limit, `limits memory` and `limits cpus`, and makes none.
show_limits() {
  if [ -f "$1/cgroup.controllers" ]; then
    read -r controllers <"$1/cgroup.controllers"
    may_leave "$2" '' && [ -w "$1" ] || return 0
    case " $controllers " in *" memory "*) echo "limits memory" ;; esac
    case " $controllers " in *" cpu "*) echo "limits cpus" ;; esac
    return 0
  fi
  if [ -f "$1/memory/cgroup.procs" ] && [ -w "$1/memory" ] && may_leave "$2" memory; then echo "limits memory"; fi
  if [ -f "$1/cpu/cgroup.procs" ] && [ -w "$1/cpu" ] && may_leave "$2" cpu; then echo "limits cpus"; fi
} 2>/dev/null
# weight CPUS: prints what cpu.weight is for so many.
weight() {
  if [ "$1" -gt 100 ]; then echo 10000; else echo "$(($1 * 100))"; fi
}
# Puts the process that calls it into `groups`.
enter_groups() {
  for group in $groups; do echo 0 >"$group/cgroup.procs"; done
} 2>/dev/null
# drop_groups ROOT CONTROLLER [VM]: removes those in which none is.
drop_groups() {
  for group in "$1" "$1/memory" "$1/cpu"; do
    if [ -n "${3-}" ]; then
      rmdir "$group/$2/$3"
    elif [ -d "$group/$2" ]; then
      rmdir "$group/$2/"*/ "$group/$2"
    fi
  done
  return 0
} 2>/dev/null
