/** The nodes and the images in a simulation's store; simulated and real nodes are never in one store. */
import { CroftError } from '../../model/error.ts';
import { usualTraits } from '../../model/image/definition.ts';
import { nodeConfigSchema } from '../../model/node/node.ts';
import type { Store } from '../../store/store.ts';
import { simulatedContent } from './infrastructure.ts';
import type { Simulation } from './simulation.ts';

/** The images that are always available to VMs of a simulation; `micro`, which a controller builds, because examples name it. */
const imageNames = ['simulated', 'micro'];

/** Rejects with `conflict.in-use` where the store has nodes of the other kind. */
export async function refuseMixture({ nodes }: Pick<Store, 'nodes'>, simulated: boolean): Promise<void> {
  const other = (await nodes.list()).find(({ config }) => (config.simulated === true) !== simulated);
  if (other === undefined) return;
  const { name } = other.config;
  throw simulated
    ? new CroftError('conflict.in-use', `node ${name} of this controller is real, so it cannot simulate nodes`, {
        hint: 'Simulate with a home and a database of their own: CROFT_HOME=/tmp/trial croft serve --simulate nodes=1000.',
      })
    : new CroftError('conflict.in-use', `node ${name} of this controller is simulated, so it cannot have real nodes`, {
        hint: 'Start it with --simulate, or with another home and database.',
      });
}

/** How many nodes of the store are simulated. */
export async function countSimulated({ nodes }: Pick<Store, 'nodes'>): Promise<number> {
  return (await nodes.list()).filter(({ config }) => config.simulated === true).length;
}

/**
 * Adds the missing nodes among `sim-0001`…, and the missing images. A node whose row cannot be read is there, and is left as it is. So is
 * an image of that name.
 */
export async function addSimulated({ nodes, images }: Pick<Store, 'nodes' | 'images'>, simulation: Simulation): Promise<void> {
  const known = new Set((await nodes.names()).values());
  const names = Array.from({ length: simulation.nodes }, (_, index) => `sim-${String(index + 1).padStart(4, '0')}`);
  for (const name of names.filter((one) => !known.has(one))) {
    const folders = { stateFolder: `/simulated/${name}`, runFolder: `/run/simulated/${name}` };
    await nodes.add({ ...nodeConfigSchema.parse({ name, ...folders }), simulated: true });
  }
  const stored = new Set((await images.list()).map(({ name }) => name));
  for (const name of imageNames.filter((one) => !stored.has(one))) {
    await images.put({ name, content: simulatedContent(name), traits: usualTraits, origin: null });
  }
}
