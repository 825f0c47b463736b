/**
 * `dladm`: the data links of illumos. Sources: dladm(8) of illumos; for properties that it leaves out illumos-gate,
 * usr/src/lib/libdladm/common/linkprop.c, and for what they do usr/src/uts/common/io/mac/mac_protect.c.
 */

export interface Vnic {
  name: string;
  /** The link below it. */
  over: string;
  /** Lower case, two digits for each byte, which dladm does not print. */
  mac: string;
  /** 0 for none. */
  vlan: number;
  /** Kinds of protection that are on, sorted. */
  protection: string[];
  /** In CIDR notation, `10.0.0.2/32`. */
  allowedAddresses: string[];
}

export interface DataLinks {
  /** Class of each link of the node, such as `phys` or `vnic`, by name. */
  classes: Map<string, string>;
  vnics: Vnic[];
}

/**
 * Prints all links of the node, with those that zones which run have got, for `readLinks`. To print the properties of all
 * takes one program. Ends the script where dladm cannot tell.
 */
export const listLinks = `
echo links
dladm show-link -p -o link,class || exit 1
echo vnics
dladm show-vnic -p -o link,over,macaddress,vid || exit 1
echo properties
dladm show-linkprop -c -o link,property,value -p protection,allowed-ips || exit 1
`;

/** Reads what `listLinks` printed. A line with one field is none of dladm's, which were asked for two at least. */
export function readLinks(output: string): DataLinks {
  const sections = new Map<string, string[][]>();
  let rows: string[][] = [];
  for (const line of output.split('\n')) {
    const fields = line.split(/(?<!\\):/).map((field) => field.replaceAll(/\\(.)/g, '$1'));
    if (fields.length === 1) {
      rows = [];
      sections.set(line, rows);
    } else rows.push(fields);
  }
  const properties = sections.get('properties') ?? [];
  const valuesOf = (link: string, property: string): string[] => {
    const value = properties.find(([name, which]) => name === link && which === property)?.[2] ?? '';
    return value === '' || value === '--' ? [] : value.split(',').sort();
  };
  return {
    classes: new Map((sections.get('links') ?? []).map(([name = '', kind = '']) => [name, kind])),
    vnics: (sections.get('vnics') ?? []).map(([name = '', over = '', mac = '', vlan = '']) => ({
      ...{ name, over, mac: paddedMac(mac), vlan: Number(vlan) || 0 },
      protection: valuesOf(name, 'protection'),
      allowedAddresses: valuesOf(name, 'allowed-ips'),
    })),
  };
}

function paddedMac(mac: string): string {
  return mac
    .split(':')
    .map((byte) => byte.padStart(2, '0').toLowerCase())
    .join(':');
}

/**
 * What is protected of a VM's link. It sends from its own MAC only, and only IPv4, IPv6 and ARP. Its IPv4 addresses are those
 * that are allowed; where none is, those that a DHCP server gave it, which the kernel learns from the answers. With an allowed
 * address the kernel drops all DHCP of the link. What it asks of a DHCP server it asks for its own MAC, which it also has to
 * identify itself by, if at all.
 */
export const protection = ['dhcp-nospoof', 'ip-nospoof', 'mac-nospoof', 'restricted'];

/**
 * Functions for scripts. Links are made until the next reboot of the node, and so are their properties.
 * has_vnic NAME. make_vnic NAME LINK MAC VLAN. protect_vnic NAME ADDRESS: the address may be empty.
 */
export const dladmFunctions = `
has_vnic() {
  dladm show-vnic -p -o link "$1" >/dev/null 2>&1
}
make_vnic() {
  dladm create-vnic -t -l "$2" -m "$3" -v "$4" "$1"
}
protect_vnic() {
  if [ -n "$2" ]; then
    dladm set-linkprop -t -p "allowed-ips=$2" "$1"
  else
    dladm reset-linkprop -t -p allowed-ips "$1"
  fi && dladm set-linkprop -t -p protection=${protection.join(',')} "$1"
}
`;
