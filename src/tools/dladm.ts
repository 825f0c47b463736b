/**
 * `dladm`: the data links of illumos. Sources: dladm(8) of illumos; for properties that it omits illumos-gate,
 * usr/src/lib/libdladm/common/linkprop.c, and for their effect usr/src/uts/common/io/mac/mac_protect.c.
 */

export interface Vnic {
  name: string;
  /** The link below it. */
  over: string;
  /** Lower case, two digits for each byte, which dladm does not print. */
  mac: string;
  /** 0 for none. */
  vlan: number;
  /** Active kinds of protection, sorted. */
  protection: string[];
  /** In CIDR notation, `10.0.0.2/32`. */
  allowedAddresses: string[];
}

export interface DataLinks {
  /** Class of each link of the node, such as `phys` or `vnic`, by name. */
  classes: Map<string, string>;
  vnics: Vnic[];
}

/** Reads the output of list-links.sh. A line with one field does not come from dladm, which prints at least two fields. */
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
 * The protection of a VM's link. The link sends from its own MAC only, and only IPv4, IPv6 and ARP. Its IPv4 addresses are the allowed
 * ones; where none is allowed, those assigned by a DHCP server, which the kernel learns from the answers. With an allowed address the
 * kernel drops all DHCP of the link. DHCP requests must come from its own MAC, and any client identifier must be that MAC too.
 */
export const protection = ['dhcp-nospoof', 'ip-nospoof', 'mac-nospoof', 'restricted'];
