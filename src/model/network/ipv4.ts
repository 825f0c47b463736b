/** IPv4 addresses and subnets: text ↔ unsigned 32-bit numbers, and the arithmetic between them. */

export interface Subnet {
  /** Lowest address of the range, as an unsigned number. */
  base: number;
  prefix: number;
}

/** Strict dotted decimal, without leading zeros (some programs read those as octal); null for anything else. */
export function parseAddress(text: string): number | null {
  const octets = text.split('.');
  if (octets.length !== 4) return null;
  let value = 0;
  for (const octet of octets) {
    if (!/^(0|[1-9][0-9]{0,2})$/.test(octet) || Number(octet) > 255) return null;
    value = value * 256 + Number(octet);
  }
  return value;
}

export function formatAddress(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.');
}

/** `a.b.c.d/n`. Host bits are cut off: compare with `formatSubnet` to see whether there were any. */
export function parseSubnet(text: string): Subnet | null {
  const [, addressText, prefixText] = /^([0-9.]+)\/(0|[1-9][0-9]?)$/.exec(text) ?? [];
  const address = parseAddress(addressText ?? '');
  const prefix = Number(prefixText);
  if (address === null || prefix > 32) return null;
  return subnetOf(address, prefix);
}

export function formatSubnet(subnet: Subnet): string {
  return `${formatAddress(subnet.base)}/${subnet.prefix}`;
}

/** The subnet of this prefix that the address is in. */
export function subnetOf(address: number, prefix: number): Subnet {
  const size = 2 ** (32 - prefix);
  return { base: Math.floor(address / size) * size, prefix };
}

/** The highest address, to which broadcasts go. */
export function broadcastOf(subnet: Subnet): number {
  return subnet.base + 2 ** (32 - subnet.prefix) - 1;
}

export function containsAddress(subnet: Subnet, address: number): boolean {
  return address >= subnet.base && address <= broadcastOf(subnet);
}

export function overlaps(one: Subnet, other: Subnet): boolean {
  return one.base <= broadcastOf(other) && other.base <= broadcastOf(one);
}

/** Addresses that a machine can have: all but the network's own and the broadcast address. */
export function usableAddresses(subnet: Subnet): number {
  return Math.max(0, 2 ** (32 - subnet.prefix) - 2);
}

/** Whether a machine can have the address there. */
export function isUsable(subnet: Subnet, address: number): boolean {
  return address > subnet.base && address < broadcastOf(subnet);
}
