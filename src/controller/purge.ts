/** Removes everything that Croft made on this machine, and on its nodes, and nothing else. */
import { rm, rmdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Connection, Say } from '../cli/local-operations.ts';
import { type Client, createClient } from '../client/client.ts';
import { followTask } from '../client/follow-task.ts';
import { CroftError } from '../model/error.ts';
import type { NodeView } from '../model/node/view.ts';
import type { SliceSummary } from '../model/slice/view.ts';
import type { Home } from './home.ts';
import { stopOpenVSwitch } from './set-up.ts';

export interface PurgeOptions {
  home: Home;
  connection: Connection;
  endController(): Promise<void>;
  say: Say;
}

const removalTime = 180_000;

/** Rejects with `conflict.changed`, and removes nothing, where the controller cannot read all that it has of slices, VMs and nodes. */
export async function purgeMachine({ home, connection, endController, say }: PurgeOptions): Promise<void> {
  const client = createClient(connection);
  const { slices, nodes } = await readAll(client);
  for (const { name } of slices) {
    await removeSlice(client, name);
    say(`removed slice ${name}`);
  }
  for (const { name, simulated } of nodes) {
    await client.nodes.remove(name);
    say(`removed node ${name}${simulated ? '' : ': its bridge, folders and settings are as before'}`);
  }
  await endController();
  say('stopped the controller');
  await rm(home.folder, { recursive: true, force: true });
  await rmdir(dirname(home.folder)).catch(() => undefined);
  say(`removed ${home.folder}`);
  // Everything that still runs on this machine then belongs to another controller.
  if (nodes.some(({ simulated }) => simulated)) return;
  if (await stopOpenVSwitch()) say('stopped Open vSwitch, which Croft had started');
  say('installed packages stay; apt can remove them');
}

/** What unreadable ones left on nodes would stay there, and with this home the last record of it would go. */
async function readAll({ slices, vms, nodes }: Client): Promise<{ slices: SliceSummary[]; nodes: NodeView[] }> {
  let unreadable = 0;
  const missing = (count: number): void => {
    unreadable += count;
  };
  const [allSlices, allNodes] = await Promise.all([slices.list(missing), nodes.list(missing), vms.list({}, missing)]);
  if (unreadable === 0) return { slices: allSlices, nodes: allNodes };
  const those = unreadable === 1 ? '1 row' : `${unreadable} rows`;
  throw new CroftError(
    'conflict.changed',
    `the controller cannot read ${those} of its database about slices, VMs or nodes; nothing was removed`,
    {
      hint: '`croft doctor` lists them, and what to do about each',
    },
  );
}

async function removeSlice(client: Client, slice: string): Promise<void> {
  const signal = AbortSignal.timeout(removalTime);
  try {
    const { sequence } = await client.events.latest();
    await followTask(client, await client.slices.remove(slice), { after: sequence, signal });
  } catch (cause) {
    if (!signal.aborted) throw cause;
    throw new CroftError('command.timeout', `slice ${slice} was not removed within ${removalTime / 1000} s; nothing further was removed`, {
      hint: 'see `croft node ls` for nodes that cannot be reached; `croft node rm --force NODE` gives one up',
      cause,
    });
  }
}
