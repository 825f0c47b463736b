/** The slice that is deployed: twenty VMs with two NICs each, on a network with internet and on one without. */
import type { Client } from '../src/client/client.ts';
import { done, type Guest } from './stage.ts';

export const vmCount = 20;
export const memory = 128;
export const sliceName = 'bench';

/** Deploys it; resolves with the seconds from the request until the task is done. */
export async function deploy(client: Client, guest: Guest): Promise<number> {
  const vm = { image: guest, cpus: 1, memory: `${memory}MiB`, nics: ['lan', 'back'], count: vmCount };
  const { sequence } = await client.events.latest();
  const start = performance.now();
  const { task } = await client.slices.apply({ file: { slice: sliceName, networks: { lan: { internet: true }, back: {} }, vms: { vm } } });
  await done(client, task, sequence);
  return (performance.now() - start) / 1000;
}
