# Starts libvirt's daemon with whatever starts services there.
if [ -d /run/systemd/system ]; then
  exec systemctl enable --now libvirtd >&2
elif command -v rc-service >/dev/null; then
  rc-update add libvirtd >&2
  exec rc-service libvirtd start >&2
fi
exec libvirtd -d >&2
