# Starts Open vSwitch with whatever starts services there.
if ovs-appctl --timeout=3 version >/dev/null 2>&1; then exit 0; fi
if [ -d /run/systemd/system ]; then
  exec systemctl enable --now openvswitch-switch >&2
elif command -v rc-service >/dev/null; then
  rc-update add ovsdb-server >&2
  rc-update add ovs-vswitchd >&2
  exec rc-service ovs-vswitchd start >&2
fi
exec /usr/share/openvswitch/scripts/ovs-ctl start --system-id=random >&2
