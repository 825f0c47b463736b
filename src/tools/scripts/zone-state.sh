# zone_state NAME ZONEPATH: sets `zone` to the state of the zone, to `none` where there is none, and to `foreign` where
# the zone of that name lies elsewhere. Ends the script where zoneadm cannot tell.
zone_state() {
  if line=$(zoneadm -z "$1" list -p 2>&1); then
    rest=${line#*:}
    rest=${rest#*:}
    zone=${rest%%:*}
    rest=${rest#*:}
    [ "${rest%%:*}" = "$2" ] || zone=foreign
  else
    case $line in
    *'No such zone'*) zone=none ;;
    *)
      printf '%s\n' "$line" >&2
      exit 1
      ;;
    esac
  fi
}
