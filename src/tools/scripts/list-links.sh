# Prints all links of the node, with those that zones which run have got, for `readLinks`. To print the properties of
# all takes one program. Ends the script where dladm cannot tell.
list_links() {
  echo links
  dladm show-link -p -o link,class || exit 1
  echo vnics
  dladm show-vnic -p -o link,over,macaddress,vid || exit 1
  echo properties
  dladm show-linkprop -c -o link,property,value -p protection,allowed-ips || exit 1
}
