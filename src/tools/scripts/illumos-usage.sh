# Uses `folder`, which is there. Source: kstat(8) with the statistics of the module unix, whose load averages are in
# 256ths and whose memory is in pages; availrmem is what can still be locked, as bhyve does with its guests' memory.
# What ZFS tells of a pool's file systems has parity taken off, unlike what `zpool list` tells.
statistic() {
  value=$(kstat -p "unix:0:$1")
  value=${value##*[!0-9]}
}
illumos_usage() {
  statistic system_misc:boot_time
  echo "bootId $value"
  statistic system_misc:avenrun_1min
  printf 'load %d.%02d\n' $((value / 256)) $((value % 256 * 100 / 256))
  page=$(($(pagesize) / 1024))
  statistic system_pages:physmem
  echo "memory $((value * page))"
  statistic system_pages:availrmem
  echo "memoryAvailable $((value * page))"
  dataset=$(zfs list -H -o name "${folder:-/}") && zfs list -H -p -o used,available "${dataset%%/*}" | while read -r used free; do
    echo "disk $(((used + free) / 1024))"
    echo "diskFree $((free / 1024))"
  done
}
