/** What hypervisors differ in. */

/**
 * What not every driver can do. The API refuses at once, with `unsupported`, what the driver of a VM's node does not declare.
 * memory-snapshot: snapshots with the guest's memory. live-disk: a disk grows while the guest runs. live-size: CPUs and memory
 * change while it runs, as far as the guest lets them. hotplug-nic, hotplug-volume: while it runs, CD-ROMs excepted; at the next
 * start every driver can. events: `watch` tells of changes as they happen. console-log: what the guest printed on its serial console
 * is kept, also while nobody looks at it.
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
