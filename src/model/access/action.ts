/** The actions that permissions consist of. Subject first. */

export const actions = [
  /** The identity of this controller. */
  'controller.read',
  /** Figures over all nodes and slices. */
  'controller.observe',
  /** Backups, which contain everything, and their restore. */
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
  /** Consoles and screens, and the output and data of guests. */
  'slice.enter',
  'task.read',
  'event.read',
] as const;
export type Action = (typeof actions)[number];
