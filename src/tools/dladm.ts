/** `dladm`: the virtual NICs of zones, with their VLAN and link protection; as shell functions for scripts that start a zone. */

/**
 * make_vnic NAME LINK MAC VLAN ADDRESS: makes it anew where it is there already, until the next reboot of the node. The kernel
 * lets out only IPv4, IPv6 and ARP with this MAC, and IPv4 with this address or one that a DHCP server gave.
 * drop_vnic NAME: removing one that is not there does no harm.
 * Source: dladm(8) of illumos, create-vnic and the link properties protection and allowed-ips.
 */
export const dladmFunctions = `
drop_vnic() {
  dladm show-vnic -p -o link "$1" >/dev/null 2>&1 || return 0
  dladm delete-vnic -t "$1"
}
make_vnic() {
  drop_vnic "$1" && dladm create-vnic -t -l "$2" -m "$3" -v "$4" "$1" &&
    dladm set-linkprop -t -p "allowed-ips=$5" "$1" &&
    dladm set-linkprop -t -p protection=mac-nospoof,ip-nospoof,restricted "$1"
}
`;
