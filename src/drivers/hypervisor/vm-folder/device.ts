/** One device of QEMU's as its options, and as the words of a command line; pure. */
import type { Machine } from './machine.ts';

/** The first key is the driver. */
export type Device = { driver: string; id: string } & Record<string, string | number | boolean>;

/** Gives a device its place on the PCI bus. */
export type Placed = (device: Device) => Device;

/** As in that machine; QEMU takes the first free place where nothing is said. */
export function placedBy(machine: Machine | null): Placed {
  return (device) => {
    const slot = machine?.places[device.id];
    return slot === undefined ? device : { ...device, addr: `0x${slot.toString(16)}` };
  };
}

/** The words in the order in which they stand: the first of them is a type, whose key may be left out. */
export function deviceWords(options: Record<string, unknown>): string {
  const entries = Object.entries(options).map(([key, value]) => `${key}=${value === false ? 'off' : value}`);
  return entries.join(',').replace(/^\w+=/, '');
}
