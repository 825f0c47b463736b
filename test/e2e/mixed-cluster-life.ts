/** The life of a VM by commands, the same whatever runs it, and the slice that has one on each kind of node. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createConnection } from 'node:net';
import { sayAsAny, type VmCommand } from '../contract/vm-commands.ts';
import type { ClusterStage } from './cluster-stage.ts';
import { croft, croftUntil } from './croft-command.ts';
import type { MixedCluster } from './mixed-cluster-stage.ts';

export const template = { image: 'micro', cpus: 1, memory: '128MiB' };
/** The slice of the VMs that live. */
export const mixed = {
  slice: 'mixed',
  template,
  networks: { lan: { cidr: '192.168.60.0/24' } },
  vms: {
    plain: { image: 'for-qemu', disk: '64MiB', nics: ['lan'] },
    domain: { image: 'for-libvirt', disk: '64MiB', nics: ['lan'] },
  },
};

/** Takes a VM through its life by commands, and looks at each step what became of its guest. */
export async function live(cluster: MixedCluster, name: 'plain' | 'domain'): Promise<void> {
  const { stage } = cluster;
  const vm = `mixed/${name}`;
  const say = (command: VmCommand) => sayAsAny(command, vm, (words) => croft(stage.client, words));
  const runsAnew = async (work: () => Promise<void>): Promise<void> => {
    const { now } = stage.events;
    await work();
    await stage.events.next('vm.running', { after: now, vm: name });
    await stage.addressed('mixed');
  };
  const inGuest = async (line: string): Promise<string> => {
    await using shell = await stage.shell('mixed', name);
    // While it boots, the guest's own words may come before.
    return (await shell.must(line)).split('\n').at(-1) ?? '';
  };
  const state = async (): Promise<string> => (await stage.client.vms.get('mixed', name)).state;
  /** Beyond what the image has of the disk. */
  const place = 60 * 2 ** 20;
  const write = (word: string) => inGuest(`printf ${word} | dd of=/dev/vda bs=1 seek=${place} conv=notrunc,fsync 2>/dev/null`);
  const read = () => inGuest(`dd if=/dev/vda bs=1 skip=${place} count=3 2>/dev/null`);

  await croftUntil(stage.client, ['vm', 'console', vm], (seen) => seen.includes(`I am ${name}.`), 'echo "I am $(hostname)."\n');
  await croftUntil(stage.client, ['vm', 'vnc', vm, '--port', '0'], greets);

  await say('vm pause VM --wait');
  assert.equal(await state(), 'paused');
  await say('vm resume VM --wait');
  assert.equal(await state(), 'running');

  await write('one');
  await say('vm snapshot VM first');
  await write('two');
  await runsAnew(() => say('vm revert VM first --yes'));
  assert.equal(await read(), 'one');
  await inGuest('touch /tmp/kept');
  await say('vm snapshot VM now --memory');
  await inGuest('rm /tmp/kept');
  await write('six');
  await say('vm revert VM now --yes');
  assert.equal(await inGuest('ls /tmp/kept'), '/tmp/kept');
  assert.equal(await read(), 'one');
  await say('vm snapshots VM');
  await say('vm snapshot-rm VM first');
  await say('vm snapshot-rm VM now');
  assert.match((await cluster.must(`vm snapshots ${vm}`)).stdout, /^No snapshots/);
  assert.match((await cluster.must(`vm guest ${vm}`)).stdout, /^No agent answers/);

  await say('vm reboot VM --hard');
  await say('vm stop VM --wait');
  assert.equal(await state(), 'stopped');
  await refusesWhatNeedsAGuest(stage, name);
  await runsAnew(() => say('vm start VM --wait'));
  await runsAnew(() => say('vm restart VM --wait'));
}

/** Of a VM that does not run each is refused for that reason. */
async function refusesWhatNeedsAGuest(stage: ClusterStage, name: string): Promise<void> {
  const { vms } = stage.client;
  const asked: [string, () => Promise<unknown>][] = [
    ['pause', () => vms.pause('mixed', name)],
    ['resume', () => vms.resume('mixed', name)],
    ['reboot', () => vms.reboot('mixed', name, false)],
    ['reset', () => vms.reboot('mixed', name, true)],
    ['snapshot with memory', () => vms.snapshot('mixed', name, 'none', true)],
    ['console', async () => (await vms.console('mixed', name)).output.getReader().read()],
    ['screen', async () => (await vms.vnc('mixed', name)).output.getReader().read()],
  ];
  for (const [what, ask] of asked) await assert.rejects(ask(), { code: 'vm.not-running' }, what);
}

/** Whether an RFB server greets at the address that was printed. */
export async function greets(printed: string): Promise<boolean> {
  const [, port] = /127\.0\.0\.1:(\d+)/.exec(printed) ?? [];
  if (port === undefined) return false;
  const socket = createConnection({ host: '127.0.0.1', port: Number(port) });
  const [greeting] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return greeting.toString().startsWith('RFB 003.');
}
