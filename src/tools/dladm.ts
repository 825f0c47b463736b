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

/** Reads what list-links.sh printed. A line with one field is none of dladm's, which were asked for two at least. */
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
