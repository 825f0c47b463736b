/** What may be asked for: the words that permissions are made of. Subject first. */

export const actions = [
  /** Which controller this is. */
  'controller.read',
  /** Figures over all nodes and slices. */
  'controller.observe',
  /** Backups, which hold everything, and restoring them. */
  'controller.administer',
  'node.read',
  'node.administer',
  'flavor.read',
  'image.read',
  'image.administer',
  /** Slices with their networks and VMs. */
  'slice.read',
  /** Apply, start, stop, remove, snapshots. */
  'slice.change',
  /** Consoles and screens, and what guests say and print. */
  'slice.enter',
  'task.read',
  'event.read',
] as const;
export type Action = (typeof actions)[number];
