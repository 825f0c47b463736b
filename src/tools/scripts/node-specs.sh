# Adds what stays the same until an administrator changes it, and what of the disk is in the state folder now. A
# program's version is the first line that it prints. What OmniOS has of programs beside its own lies in /opt/ooce.
# GNU's core utilities are told from others' by stat. The further arguments are pairs of files: where both of one are
# there, VMs can have UEFI.
. ./illumos-identity.sh
. ./node-usage.sh
if [ -d "$1" ]; then
  own=$(du -sk "$1" 2>/dev/null)
  echo "diskOwn ${own%%[!0-9]*}"
fi
if [ -r /proc/loadavg ]; then
  echo "architecture $(uname -m)"
  echo "kernel $(uname -r)"
  echo "cpus $(nproc)"
else
  illumos_identity "$1"
fi
# shellcheck disable=SC1091 # a file of the node
if [ -r /etc/os-release ]; then (. /etc/os-release && echo "operatingSystem $PRETTY_NAME"); fi
PATH=$PATH:/opt/ooce/bin
tool() {
  name=$1
  shift
  command -v "$1" >/dev/null || return 0
  echo "tool $name $("$@" 2>&1 </dev/null | head -n 1)"
}
tool "qemu-system-$(uname -m)" "qemu-system-$(uname -m)" --version
tool qemu-img qemu-img --version
tool virsh virsh --version
tool ovs-vsctl ovs-vsctl --version
tool ip ip -V
tool nft nft --version
tool dnsmasq dnsmasq --version
tool setpriv setpriv --version
tool flock flock --version
tool ethtool ethtool --version
tool zstd zstd --version
tool python3 python3 --version
case $(stat --version 2>/dev/null) in *'GNU coreutils'*) tool coreutils stat --version ;; esac
tool ssh ssh -V
if version=$(ovs-appctl --timeout=3 version 2>/dev/null); then
  echo "tool ovs-vswitchd $(echo "$version" | head -n 1)"
  if ovs-dpctl --timeout=3 dump-dps >/dev/null 2>&1; then echo "datapath system"; else echo "datapath netdev"; fi
fi
shift
while [ "$#" -ge 2 ]; do
  if [ -r "$1" ] && [ -r "$2" ]; then
    echo "firmware $1"
    break
  fi
  shift 2
done
exit 0
