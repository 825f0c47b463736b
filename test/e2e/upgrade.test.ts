/** VMs that the first version of Croft started, with its records on the node, are taken over by this version: their processes stay. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { vmFolders, vmUserId } from '../../src/drivers/hypervisor/vm-folder/identity.ts';
import { createNoopNetworkDriver } from '../../src/drivers/network/noop/noop.ts';
import { perform } from '../../src/host/host.ts';
import { runningLaunches } from '../../src/loops/node/running-launches.ts';
import { newIdentifier } from '../../src/model/identifier.ts';
import { underlayOf } from '../../src/model/network/underlay.ts';
import { firstForm } from '../../src/model/node/first-hash.ts';
import { planHash, type VmLaunch, type WantedVm } from '../../src/model/node/plan.ts';
import { mebibyte } from '../../src/model/vm/flavor.ts';
import type { ExecutionContext, Progress } from '../../src/reconciler/context.ts';
import { execute } from '../../src/reconciler/execute.ts';
import { planNode } from '../../src/reconciler/plan.ts';
import type { StepKind } from '../../src/reconciler/steps.ts';
import { goldenNode } from '../integration/golden.ts';
import { untilTrue } from '../support/until.ts';
import { wantedVm } from '../support/vm.ts';
import { openStage, type Stage } from './qemu-stage.ts';

/** The keys of the JSON in the line of that file, as the first version wrote it for its VMs. */
function firstKeys(file: 'launch.json' | 'started', line: number): string[] {
  const files = Object.entries(goldenNode('qemu').state).filter(([path]) => path.endsWith(`/${file}`));
  const [[, text] = []] = files;
  assert.equal(typeof text, 'string');
  return Object.keys(JSON.parse(String(text).split('\n')[line] ?? '')).sort();
}

/** Rewrites the records of a VM that runs into the form of the first version. */
async function makeFirst({ layout }: Stage, launch: VmLaunch): Promise<void> {
  const { state } = vmFolders(layout, launch.id);
  const { then, hash } = firstForm('launch', launch);
  const kept = { ...then, ports: launch.ports };
  const record = JSON.parse(await readFile(`${state}/launch.json`, 'utf8')).value;
  const [since, , user, memory] = (await readFile(`${state}/started`, 'utf8')).split(/\s/);
  assert.equal(user, String(vmUserId(launch.id)));
  assert.deepEqual(Object.keys(record).sort(), firstKeys('launch.json', 0));
  assert.deepEqual(Object.keys(kept).sort(), firstKeys('started', 1));
  await writeFile(`${state}/launch.json`, `${JSON.stringify({ ...record, hash })}\n`);
  await writeFile(`${state}/started`, `${since} ${hash} ${user} ${memory}\n${JSON.stringify(kept)}\n`);
}

/** Passes over the node, as its worker makes them; each resolves with the kinds of its steps once they have ended. */
function passesOver(stage: Stage): (wanted: readonly WantedVm[]) => Promise<StepKind[]> {
  const { host, layout, driver: hypervisor } = stage;
  const network = createNoopNetworkDriver().on({ host, layout });
  const failed: unknown[] = [];
  const progress = new Proxy({} as Progress, {
    get:
      (_, name) =>
      (...told: unknown[]) => {
        if (/(Failed|NotChanged)$/.test(String(name))) failed.push(told.at(-1));
      },
  });
  const context: ExecutionContext = {
    ...{ host, layout, hypervisor, network, images: { ensure: async () => undefined }, progress },
    ...{ stopTimes: { powerdown: 5_000, terminate: 5_000 }, clock: () => performance.now(), openBerth: async () => null },
  };
  return async (vms) => {
    const [seen, networks] = await perform(host, hypervisor.observe(), network.observe());
    const wanted = { underlay: underlayOf(layout), vms: [...vms], arriving: [], leftovers: [], abandoned: [], images: [], routers: [] };
    const { steps } = planNode({
      wanted,
      observed: { vms: seen, network: networks, images: [], arrivals: [] },
      ...(await runningLaunches({ host, hypervisor }, vms, seen)),
      ...{ can: hypervisor.can, busy: new Set<string>(), postponedImages: new Set<string>(), postponedMoves: new Map() },
      ...{ moveSlots: 0, now: Date.now() },
    });
    await Promise.all(execute(context, steps).values());
    assert.deepEqual(failed, []);
    return steps.map(({ kind }) => kind).filter((kind) => kind !== 'underlay');
  };
}

test('CR9 VMs that the first version started run on, pass after pass, and are known for what they are', { timeout: 180_000 }, async () => {
  await using stage = await openStage();
  const volume = { id: newIdentifier(), name: 'data', image: null, size: mebibyte };
  const launches = [
    await stage.launch(),
    await stage.launch('obedient', { userData: '#!/bin/sh\necho "ü"\n', sshKeys: ['ssh-ed25519 AAAA'], disk: 2 * mebibyte }),
    await stage.launch('deaf', { volumes: [volume], cpus: 2 }),
  ];
  const [plain, , deaf] = launches as [VmLaunch, VmLaunch, VmLaunch];
  const pids = new Map<string, number>();
  for (const launch of launches) {
    pids.set(launch.id, await stage.up(launch));
    await makeFirst(stage, launch);
  }
  const processes = async () => {
    const [seen] = await perform(stage.host, stage.driver.observe());
    return new Map(seen.map(({ id, pid }) => [id, pid]));
  };
  const pass = passesOver(stage);
  const wanted = launches.map((launch) => wantedVm({ launch, label: `s/${launch.id}`, settled: true, restart: 'always' }));
  for (let round = 0; round < 4; round += 1) assert.deepEqual(await pass(wanted), [], `pass ${round}`);
  assert.deepEqual(await processes(), pids);

  // What can be changed while a VM runs still can, and from then on its records are of this version.
  const grown = { ...plain, volumes: [{ ...volume, id: newIdentifier() }] };
  const changed = wanted.map((vm) => (vm.launch === plain ? { ...vm, launch: grown } : vm));
  assert.deepEqual(await pass(changed), ['change']);
  for (let round = 0; round < 2; round += 1) assert.deepEqual(await pass(changed), [], `pass ${round} after the change`);
  assert.deepEqual(await processes(), pids);
  assert.equal((await stage.observed(plain.id))?.launchHash, planHash(grown));

  // The end of one is told by the hash that its process was started with.
  process.kill(pids.get(deaf.id) ?? 0, 'SIGKILL');
  await untilTrue(async () => (await stage.observed(deaf.id))?.state === 'failed');
  assert.equal((await stage.observed(deaf.id))?.exitCode, 137);
  assert.deepEqual(await pass(changed), ['launch']);
  assert.deepEqual(await pass(changed), []);
  assert.equal((await stage.observed(deaf.id))?.launchHash, planHash(deaf));
});

test('CR15 a VM whose record a newer Croft wrote is neither started nor written over', { timeout: 60_000 }, async () => {
  await using stage = await openStage();
  const launch = await stage.launch();
  await stage.up(launch);
  await stage.driver.stop({ id: launch.id, label: 's/a' }, { powerdown: 20_000, terminate: 5_000 });
  const file = `${vmFolders(stage.layout, launch.id).state}/launch.json`;
  const newer = (await readFile(file, 'utf8')).replace('"version":1', '"version":2');
  await writeFile(file, newer);
  const pass = passesOver(stage);
  assert.deepEqual(await pass([wantedVm({ launch, label: 's/a' })]), []);
  await assert.rejects(stage.driver.prepare({ id: launch.id, label: 's/a', launch }), {
    code: 'conflict.changed',
    message: /launch record of .* has version 2, this Croft reads versions up to 1/,
  });
  assert.equal(await readFile(file, 'utf8'), newer);
});
