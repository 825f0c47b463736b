# Prints the release of the system. Says what is missing; a node that is not illumos has none of it. Brands lie in
# /usr/lib/brand.
# Exit code 77: something is missing or does not run.
[ "$(uname -s)" = SunOS ] || {
  echo "the node runs $(uname -s), not illumos" >&2
  exit 77
}
for program in zonecfg zoneadm zlogin zfs dladm kstat bhyvectl nc pkill; do
  command -v "$program" >/dev/null || {
    echo "$program is not installed" >&2
    exit 77
  }
done
[ ! -d /usr/lib/brand ] || [ -d /usr/lib/brand/bhyve ] || {
  echo "the brand bhyve of zones is not installed" >&2
  exit 77
}
zoneadm list -c >/dev/null || exit 77
state=$(svcs -H -o state svc:/system/zones:default) || exit 77
[ "$state" = online ] || {
  echo "the service svc:/system/zones:default is $state; see svcs -x" >&2
  exit 77
}
uname -v
