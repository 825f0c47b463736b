/** Parsers of option and argument values; each throws commander's error that names the option. */
import { InvalidArgumentError } from 'commander';

/** A whole number from `least` to `most`. */
export function wholeNumber(least: number, most = Number.MAX_SAFE_INTEGER) {
  return (text: string): number => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= least && value <= most)) throw new InvalidArgumentError(`Not a whole number from ${least} to ${most}.`);
    return value;
  };
}

export function positiveNumber(text: string): number {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : 0;
  if (value <= 0) throw new InvalidArgumentError('Not a number above 0.');
  return value;
}

const secondsOf: Readonly<Record<string, number>> = { '': 1, s: 1, m: 60, h: 3600 };

/** ms from `90`, `90s`, `5m`, `1h`. */
export function duration(text: string): number {
  const [, amount, unit = ''] = /^(\d{1,6})([smh]?)$/.exec(text) ?? [];
  if (amount === undefined || Number(amount) === 0) throw new InvalidArgumentError('Not a time such as 90s, 5m or 1h.');
  return Number(amount) * (secondsOf[unit] ?? 1) * 1000;
}

export interface VmName {
  slice: string;
  vm: string;
}

/** `SLICE/VM`. */
export function vmName(text: string): VmName {
  const [slice = '', vm = '', ...rest] = text.split('/');
  if (slice === '' || vm === '' || rest.length > 0) throw new InvalidArgumentError('Name a VM as SLICE/VM, such as hello/web.');
  return { slice, vm };
}

export interface SshAddress {
  user?: string;
  address: string;
  port?: number;
}

/** `[USER@]HOST[:PORT]`; an IPv6 address with a port stands in brackets. */
export function sshAddress(text: string): SshAddress {
  const [, user, bracketed, plain, port] = /^(?:([^@\s]+)@)?(?:\[([^\]\s]+)\]|([^@\s[\]]+?))(?::(\d{1,5}))?$/.exec(text) ?? [];
  // Several colons without brackets are an IPv6 address whose last group was taken for a port.
  const unbracketed = plain?.includes(':') && port !== undefined ? `${plain}:${port}` : plain;
  const address = bracketed ?? unbracketed;
  if (address === undefined) throw new InvalidArgumentError('Name a machine as USER@HOST or USER@HOST:PORT.');
  const ownPort = unbracketed === plain ? port : undefined;
  return { address, ...(user !== undefined && { user }), ...(ownPort !== undefined && { port: Number(ownPort) }) };
}

/** Collects `KEY=VALUE` of a repeated option. */
export function labelList(text: string, before: Readonly<Record<string, string>> = {}): Record<string, string> {
  const [, name, value] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  if (name === undefined || value === undefined) throw new InvalidArgumentError('Give a label as NAME=VALUE, such as disk=ssd.');
  return { ...before, [name]: value };
}

/** Collects the values of a repeated option. */
export function several(text: string, before: readonly string[] = []): string[] {
  return [...before, text];
}

/** `a,b`, without empty parts. */
export function commaList(text: string): string[] {
  return text.split(',').flatMap((part) => part.trim() || []);
}
