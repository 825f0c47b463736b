/** A controller whose nodes are simulated: slices over fifty nodes, faults that a seed repeats, and no mixture with real nodes. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { access, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { type Client, createClient } from '../../src/client/client.ts';
import { type Controller, startController } from '../../src/controller/controller.ts';
import { type ControllerOptions, controllerOptions } from '../../src/controller/options.ts';
import type { CroftError } from '../../src/model/error.ts';
import { sayAsAny, type VmCommand, vmCommands } from '../contract/vm-commands.ts';
import { runFake } from '../support/fake-environment.ts';
import { until } from '../support/until.ts';

/** ms that a busy machine may take. */
const patience = 120_000;

async function homeFolder() {
  const folder = await mkdtemp(join(tmpdir(), 'croft-simulate-'));
  return { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}

async function start(
  folder: string,
  simulate?: string,
  changes: Partial<ControllerOptions> = {},
): Promise<Controller & { client: Client }> {
  const options = controllerOptions(folder, { port: 0, ...(simulate !== undefined && { simulate }) }, {});
  const controller = await startController(
    { ...options, ...changes },
    { agent: null, logger: pino({ enabled: false }), ousted: () => undefined, failed: assert.fail },
  );
  return Object.assign(controller, { client: createClient(controller) });
}

const slice = (name: string, count: number) => ({
  file: { slice: name, networks: { lan: {} }, vms: { vm: { image: 'simulated', cpus: 1, memory: '128MiB', nics: ['lan'], count } } },
});

async function settled({ tasks }: Client): Promise<void> {
  await until('no task runs', async () => (await tasks.list()).every(({ state }) => state !== 'running') || undefined, patience);
}

test('SC11 three hundred VMs run on fifty simulated nodes, stop, start elsewhere after a drain, and go', async () => {
  await using home = await homeFolder();
  await using controller = await start(home.folder, 'nodes=50,cpus=8,memory=16GiB');
  const { client } = controller;
  await until('all nodes are ready', async () => (await client.nodes.list()).every(({ status }) => status === 'ready') || undefined);
  for (const name of ['a', 'b', 'c']) await client.slices.apply(slice(name, 100));
  await settled(client);
  const vms = await client.vms.list();
  assert.equal(vms.filter(({ state }) => state === 'running').length, 300);
  assert.deepEqual([...new Set(vms.map(({ node }) => node))].sort().length, 50);
  await until('all have their leases', async () => (await client.vms.list()).every(({ addressed }) => addressed) || undefined, patience);

  await client.nodes.drain('sim-0007');
  await settled(client);
  assert.ok((await client.vms.list()).every(({ node }) => node !== 'sim-0007'));
  // A drain ends when nothing is left on the node; what left it starts where it is now.
  await until('all run again', async () => (await client.vms.list()).every(({ state }) => state === 'running') || undefined, patience);
  await client.slices.stop('a');
  await settled(client);
  assert.ok((await client.vms.list({ slice: 'a' })).every(({ state }) => state === 'stopped'));
  for (const name of ['a', 'b', 'c']) await client.slices.remove(name);
  await until('all slices are gone', async () => (await client.slices.list()).length === 0 || undefined, patience);
  assert.deepEqual(await client.vms.list(), []);
});

test('CR9 a request is carried out, and its task ends, without waiting for a pass that a timer makes', async () => {
  await using home = await homeFolder();
  await using controller = await start(home.folder, 'nodes=3', { interval: 24 * 3600 * 1000 });
  const { client } = controller;
  await until('all nodes are ready', async () => (await client.nodes.list()).every(({ status }) => status === 'ready') || undefined);
  await client.slices.apply(slice('full', 5));
  await client.slices.apply({ file: { slice: 'empty', networks: {}, vms: {} } });
  await settled(client);
  assert.ok((await client.vms.list()).every(({ state }) => state === 'running'));
  await client.vms.stop('full', 'vm');
  await client.vms.remove('full', 'vm-2');
  await settled(client);
  assert.equal((await client.vms.get('full', 'vm')).state, 'stopped');
  for (const name of ['full', 'empty']) await client.slices.remove(name);
  await settled(client);
  assert.deepEqual(await client.slices.list(), []);
});

test('SC11 the same seed makes the same operations of the same VMs fail, and all VMs run in the end', async () => {
  const failuresOf = async (seed: number): Promise<string[]> => {
    await using home = await homeFolder();
    await using controller = await start(home.folder, `nodes=10,failures=9%,seed=${seed}`);
    const { client } = controller;
    await client.slices.apply(slice('f', 60));
    await settled(client);
    assert.ok((await client.vms.list()).every(({ state }) => state === 'running'));
    const events = await client.events.list({ limit: 1000 });
    return events.flatMap(({ kind, vm, message }) => (kind === 'vm.failed' ? [`${vm} ${message}`] : [])).sort();
  };
  const first = await failuresOf(7);
  assert.ok(first.length > 0);
  assert.deepEqual(await failuresOf(7), first);
  assert.notDeepEqual(await failuresOf(8), first);
});

test('SC11 a simulation comes back with its nodes and recreates its VMs, and is never mixed with real nodes', async () => {
  await using home = await homeFolder();
  {
    await using controller = await start(home.folder, 'nodes=3');
    await controller.client.slices.apply(slice('s', 6));
    await settled(controller.client);
    await assert.rejects(controller.client.nodes.add({ name: 'real', ssh: { address: '127.0.0.1' } }), { code: 'unsupported' });
  }
  await assert.rejects(start(home.folder), { code: 'conflict.in-use', message: /sim-0001 of this controller is simulated/ });
  await using again = await start(home.folder, 'nodes=3');
  const { client } = again;
  assert.equal((await client.nodes.list()).length, 3);
  await until(
    'all VMs run again',
    async () => (await client.vms.list()).every(({ state, startedAt }) => state === 'running' && startedAt !== null) || undefined,
    patience,
  );
});

test('SC11 the commands of a VM say on a simulated node what they say on any other', async () => {
  await using home = await homeFolder();
  await using controller = await start(home.folder, 'nodes=2');
  const { client } = controller;
  await client.slices.apply(slice('s', 1));
  await settled(client);
  for (const command of Object.keys(vmCommands) as VmCommand[]) {
    await sayAsAny(command, 's/vm', (words) => runFake(words, { client, width: 400 }));
    if (!command.startsWith('vm revert')) continue;
    await until('it runs on', async () => (await client.vms.get('s', 'vm')).state === 'running' || undefined);
  }
});

/** The program itself, on a home of its own. */
function croft(home: string, ...words: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
  const { PATH, CROFT_TEST_RUN } = process.env;
  const env = { PATH, CROFT_HOME: home, CROFT_PORT: '0', ...(CROFT_TEST_RUN !== undefined && { CROFT_TEST_RUN }) };
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [main, ...words], { env }, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode ?? 128, stdout, stderr }),
    );
  });
}

test('CR15 a simulation that was stopped is purged, and shows its nodes as simulated while it runs', async () => {
  await using home = await homeFolder();
  const folder = join(home.folder, 'home');
  try {
    assert.equal((await croft(folder, 'up', '--simulate', 'nodes=3')).code, 0);
    const listed = (await croft(folder, 'node', 'ls')).stdout;
    assert.equal(listed.match(/ simulated /g)?.length, 3, listed);
    assert.doesNotMatch(listed, /this machine/);
    const checked = await croft(folder, 'node', 'doctor', 'sim-0001');
    assert.equal(checked.code, 0);
    assert.match(checked.stdout, /hypervisor +ok +simulated in memory; can pause, /);
    const down = await croft(folder, 'down');
    assert.equal(down.code, 0);
    assert.match(down.stdout, /its simulated VMs are gone with it/);
    const real = await croft(folder, 'up');
    assert.equal(real.code, 5);
    assert.match(real.stderr, /sim-0001 of this controller is simulated/);
    const purged = await croft(folder, 'down', '--purge', '--yes');
    assert.deepEqual([purged.code, purged.stderr], [0, ''], purged.stdout);
    assert.match(purged.stdout, /removed node sim-0003\nstopped the controller\nremoved \S+\n$/);
    await assert.rejects(access(folder), { code: 'ENOENT' });
  } finally {
    await croft(folder, 'down');
  }
});

test('SC11 what cannot be done with a VM as it is, or with a snapshot that is not there, is said with its name', async () => {
  await using home = await homeFolder();
  await using controller = await start(home.folder, 'nodes=1,memory=1GiB');
  const { vms, slices } = controller.client;
  await slices.apply(slice('s', 1));
  await settled(controller.client);
  await vms.snapshot('s', 'vm', 'kept', false);
  await assert.rejects(vms.snapshot('s', 'vm', 'kept', true), {
    code: 'conflict.exists',
    hint: 'Use another name, or remove that snapshot first.',
  });
  await assert.rejects(vms.removeSnapshot('s', 'vm', 'kepd'), { code: 'not-found', hint: 'Did you mean kept?' });
  await assert.rejects(vms.revert('s', 'vm', 'kepd'), { message: 'there is no snapshot "kepd" of VM s/vm' });
  assert.deepEqual(
    (await vms.snapshots('s', 'vm')).map(({ name }) => name),
    ['kept'],
  );
  await assert.rejects(vms.get('s', 'vn'), { message: 'there is no VM "vn" in slice "s"', hint: 'Did you mean vm?' });

  await vms.stop('s', 'vm');
  await settled(controller.client);
  const stopped = { code: 'vm.not-running', message: 'VM s/vm does not run' };
  await assert.rejects(vms.guest('s', 'vm'), stopped);
  await assert.rejects(vms.reboot('s', 'vm', true), stopped);
  await assert.rejects(vms.pause('s', 'vm'), stopped);
  await assert.rejects(vms.snapshot('s', 'vm', 'live', true), stopped);

  await slices.apply(slice('wide', 9));
  const pending = await until('one has no room', async () => (await vms.list()).find(({ pendingReason }) => pendingReason !== null));
  await assert.rejects(vms.reboot('wide', pending.name, false), { code: 'vm.not-running', message: /has no node yet: .*memory/ });
});

test('SC11 a VM is put back to a snapshot with memory while it runs, and refused that at once while it does not', async () => {
  await using home = await homeFolder();
  await using controller = await start(home.folder, 'nodes=1');
  const { vms, slices } = controller.client;
  await slices.apply(slice('s', 1));
  await settled(controller.client);
  await vms.snapshot('s', 'vm', 'disks', false);
  await vms.snapshot('s', 'vm', 'live', true);
  await vms.revert('s', 'vm', 'live');
  const wider = slice('s', 1);
  Object.assign(wider.file.vms.vm, { cpus: 2, volumes: [{ name: 'data', size: '16MiB' }] });
  await slices.apply(wider);
  await settled(controller.client);
  await assert.rejects(vms.revert('s', 'vm', 'live'), {
    code: 'conflict.changed',
    message: 'snapshot live has memory of the VM with other parts: CPUs 1, now 2; without volume data, now with it',
  });
  assert.equal((await vms.get('s', 'vm')).state, 'running');
  await vms.stop('s', 'vm');
  await settled(controller.client);
  await vms.revert('s', 'vm', 'disks');
  await assert.rejects(vms.revert('s', 'vm', 'live'), { code: 'vm.not-running', message: /^VM s\/vm does not run, and snapshot live has/ });
});

test('SC11 snapshots of a simulation fail as often as it is asked for, with words, and come to their end when they are asked for again', async () => {
  await using home = await homeFolder();
  await using controller = await start(home.folder, 'nodes=1,failures=70%,seed=3');
  const { vms, slices } = controller.client;
  await slices.apply(slice('s', 1));
  const runs = async () => (await vms.get('s', 'vm')).state === 'running' || undefined;
  const failed = { snapshot: 0, revert: 0, remove: 0 };
  /** Where the reply was lost, it is as it is to be. */
  async function repeat(what: keyof typeof failed, work: () => Promise<unknown>, done: readonly string[]): Promise<void> {
    for (;;) {
      await until('the VM runs', runs, patience);
      try {
        return void (await work());
      } catch (thrown) {
        const { code, message } = thrown as CroftError;
        if (done.includes(code)) return;
        if (code === 'command.failed') failed[what] += 1;
        else assert.ok(code === 'conflict.in-use' || code === 'vm.not-running', `${code}: ${message}`);
        if (code === 'command.failed') assert.match(message, /failed as the simulation has it/);
      }
    }
  }
  const names = async () => (await vms.snapshots('s', 'vm')).map(({ name }) => name);
  for (const name of ['one', 'two', 'three', 'four']) {
    await repeat('snapshot', () => vms.snapshot('s', 'vm', name, true), ['conflict.exists']);
    await repeat('revert', () => vms.revert('s', 'vm', name), []);
  }
  assert.deepEqual(await names(), ['one', 'two', 'three', 'four']);
  for (const name of await names()) await repeat('remove', () => vms.removeSnapshot('s', 'vm', name), ['not-found']);
  assert.deepEqual(await names(), []);
  for (const [what, count] of Object.entries(failed)) assert.ok(count > 0, `${what} never failed`);
});

test('SC11 the slice files of the documentation run on simulated nodes, which have the image `micro`', async () => {
  await using home = await homeFolder();
  await using controller = await start(home.folder, 'nodes=2');
  const { client } = controller;
  const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8');
  const [, text = ''] = /^```yaml\n(slice: [\s\S]*?)^```/m.exec(readme) ?? [];
  assert.match(text, /image: micro/);
  await client.slices.apply({ text });
  await settled(client);
  const states = (await client.vms.list()).map(({ state }) => state);
  assert.deepEqual([...new Set(states)], ['running']);
});
