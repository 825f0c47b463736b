# Prints the datapath that works, or nothing where Open vSwitch does not run.
ovs-appctl --timeout=5 -t ovs-vswitchd version >/dev/null 2>&1 || exit 0
types=$(ovs-vsctl --timeout=5 get Open_vSwitch . datapath_types 2>/dev/null) || exit 0
case $types in
*system*)
  if [ -d /sys/module/openvswitch ] || modprobe -n -q openvswitch 2>/dev/null; then
    echo system
    exit 0
  fi
  ;;
esac
case $types in *netdev*) echo netdev ;; esac
exit 0
