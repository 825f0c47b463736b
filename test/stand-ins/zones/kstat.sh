#!/bin/sh
# A stand-in for kstat(8): `module:instance:name:statistic`, a tab, and the value; pages of 4 KiB, load in 256ths.
# In sh, since it is asked for with every look at the zones.
[ "$1" = -p ] || exit 2
case $2 in
unix:0:system_misc:boot_time)
  machine=$(cat "$CROFT_STAND_IN/machine.json")
  value=${machine#*'"bootTime":'}
  value=${value%%,*}
  ;;
unix:0:system_misc:avenrun_1min) value=384 ;;
unix:0:system_pages:physmem) value=2097152 ;;
unix:0:system_pages:availrmem) value=1048576 ;;
*) exit 1 ;;
esac
printf '%s\t%s\n' "$2" "$value"
