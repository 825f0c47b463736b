/** The capabilities in which hypervisors differ. */

/**
 * Capabilities that not every driver has. The API refuses at once, with `unsupported`, operations that the driver of a VM's node does not
 * declare. memory-snapshot: snapshots with the guest's memory. live-disk: a disk grows while the guest runs. live-size: CPUs and memory
 * change while the VM runs, as far as the guest permits. hotplug-nic, hotplug-volume: while the VM runs, CD-ROMs excepted; at the next
 * start every driver can. events: `watch` reports changes as they happen. console-log: the output of the serial console is kept, also
 * while no client is connected.
 */
export const capabilities = [
  'pause',
  'reboot',
  'snapshot',
  'memory-snapshot',
  'live-disk',
  'live-size',
  'hotplug-nic',
  'hotplug-volume',
  'vnc',
  'events',
  'guest-agent',
  'console-log',
  'move',
] as const;
export type Capability = (typeof capabilities)[number];
