# Argument: the state folder, or where it will be. Prints `key value` lines; on Linux only `df` is a process.
. ./illumos-usage.sh
folder=$1
while [ ! -d "$folder" ] && [ -n "$folder" ]; do folder=${folder%/*}; done
if [ -r /proc/loadavg ]; then
  read -r boot </proc/sys/kernel/random/boot_id
  read -r load _rest </proc/loadavg
  echo "bootId $boot"
  echo "load $load"
  while read -r key value _rest; do
    case $key in
    MemTotal:) echo "memory $value" ;;
    MemAvailable:)
      echo "memoryAvailable $value"
      break
      ;;
    esac
  done </proc/meminfo
  df -Pk "${folder:-/}" | while read -r _device size _used free _rest; do
    case $size in [0-9]*)
      echo "disk $size"
      echo "diskFree $free"
      ;;
    esac
  done
else
  illumos_usage
fi
