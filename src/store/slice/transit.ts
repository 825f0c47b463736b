/** Transit networks: the /30 that joins each slice's router with its node, cut from one range. */
import { CroftError } from '../../model/error.ts';
import { formatAddress, formatSubnet, parseSubnet, type Subnet } from '../../model/network/ipv4.ts';

const prefix = 30;

/** The number of transit networks in the range `a.b.c.d/n`. Throws `input.invalid` where there is none, or the text is no range. */
export function transitCount(range: string): number {
  return 2 ** (prefix - parseTransit(range).prefix);
}

/** The transit network of this number, the first being 0: `a.b.c.d/30`. */
export function transitCidr(range: string, number: number): string {
  const size = 2 ** (32 - prefix);
  return `${formatAddress(parseTransit(range).base + number * size)}/${prefix}`;
}

function parseTransit(range: string): Subnet {
  const subnet = parseSubnet(range);
  if (subnet === null || formatSubnet(subnet) !== range || subnet.prefix > prefix) {
    throw new CroftError('input.invalid', `"${range}" is not a range of transit networks`, {
      hint: `Write it as a.b.c.d/n with host bits zero and n at most ${prefix}.`,
    });
  }
  return subnet;
}
