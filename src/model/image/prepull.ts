/** The images that a node keeps whether or not one of its VMs needs them. Pure. */
import type { NodeConfig } from '../node/node.ts';
import type { LaunchImage } from '../node/plan.ts';
import type { Image } from './image.ts';
import { launchImageOf } from './launch-image.ts';

/** Fetched images whose prepull names the node, its pool or all nodes; in the order of `images`. */
export function prepulledImages({ name, pool }: Pick<NodeConfig, 'name' | 'pool'>, images: readonly Image[]): LaunchImage[] {
  const targets = new Set(['all', `pool:${pool}`, `node:${name}`]);
  return images.filter(({ prepull }) => prepull.some((target) => targets.has(target))).flatMap((image) => launchImageOf(image) ?? []);
}
