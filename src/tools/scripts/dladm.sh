# Links are made until the next reboot of the node, and so are their properties.

# has_vnic NAME
has_vnic() {
  dladm show-vnic -p -o link "$1" >/dev/null 2>&1
}
# make_vnic NAME LINK MAC VLAN
make_vnic() {
  dladm create-vnic -t -l "$2" -m "$3" -v "$4" "$1"
}
# protect_vnic NAME ADDRESS KINDS: the address may be empty.
protect_vnic() {
  if [ -n "$2" ]; then
    dladm set-linkprop -t -p "allowed-ips=$2" "$1"
  else
    dladm reset-linkprop -t -p allowed-ips "$1"
  fi && dladm set-linkprop -t -p "protection=$3" "$1"
}
