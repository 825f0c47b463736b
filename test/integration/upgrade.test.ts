/** Databases, backups and records on nodes that the first version wrote: this version reads all of them, and finds nothing to do. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planSlice } from '../../src/commands/slices.ts';
import type { ObservedVm } from '../../src/drivers/hypervisor/driver.ts';
import { launchRecordForm, runningForm } from '../../src/drivers/hypervisor/vm-folder/launch-record.ts';
import { snapshotMachineForm } from '../../src/drivers/hypervisor/vm-folder/machine.ts';
import type { ObservedNetwork } from '../../src/drivers/network/driver.ts';
import { routerPlanForm } from '../../src/drivers/network/router/plan-file.ts';
import { portPlanForm } from '../../src/drivers/network/vnic/state.ts';
import { emptyImageMap } from '../../src/model/image/map/image-map.ts';
import { traitsOf } from '../../src/model/node/hypervisor.ts';
import { isHashOf, planHash } from '../../src/model/node/plan.ts';
import { describeChange } from '../../src/model/slice/change-words.ts';
import { planNode } from '../../src/reconciler/plan.ts';
import type { Store } from '../../src/store/store.ts';
import { onBothDatabases } from './databases.ts';
import {
  fillFromDump,
  type GoldenFiles,
  type GoldenNode,
  type GoldenPlans,
  goldenBackup,
  goldenExports,
  goldenNode,
  goldenPlans,
} from './golden.ts';

const transit = '100.64.0.0/10';
const settings = { segments: { first: 2000, last: 2999 }, transit };
const plans = goldenPlans();
const planOf = (name: string): GoldenPlans => plans[name] ?? assert.fail(`no node ${name}`);

/** By the names of nodes that have one. */
const nodes: Record<string, GoldenNode> = { here: goldenNode('qemu'), virt: goldenNode('libvirt'), omni: goldenNode('zones') };

onBothDatabases(({ dialect, open, freshLocation }) => {
  const openings: Record<string, (store: Parameters<typeof open>[0]) => Promise<Store>> = {
    async database(t) {
      const location = await freshLocation();
      await fillFromDump(dialect, location);
      return await open(t, { location, settings });
    },
    async backup(t) {
      const store = await open(t, { settings });
      await store.backups.restore(goldenBackup());
      return store;
    },
  };

  for (const [what, opening] of Object.entries(openings)) {
    test(`CR15 a ${what} of the first version is read, all of it`, async (t) => {
      const store = await opening(t);
      assert.deepEqual(await store.unreadable(), []);
      assert.equal(store.controllerId, 'ksxc77u2');
      const inOrder = (words: readonly string[]): string[] => [...words].sort();
      const nodeNames = (await store.nodes.list()).map(({ config }) => config.name);
      assert.deepEqual(inOrder(nodeNames), inOrder(Object.keys(plans)));
      const seen = Object.values(plans).flatMap((plan) => plan.seen);
      const vms = await store.vms.list();
      assert.deepEqual(
        inOrder(
          vms.filter(({ nodeId }) => nodeId !== null).map(({ slice, name, id, observed }) => `${slice}/${name} ${id} ${observed.state}`),
        ),
        inOrder(seen.map(({ slice, name, id, state }) => `${slice}/${name} ${id} ${state}`)),
      );
      assert.deepEqual(inOrder((await store.slices.list()).map(({ name }) => name)), ['gone', 'mixed', 'off', 'ring', 'shop', 'waiting']);
      assert.equal((await store.nodes.get('here')).observed.specs?.hypervisor?.version, '7.2.9');
      assert.equal((await store.nodes.get('far')).config.ssh?.jump?.address, 'gate.example.org');
      assert.deepEqual((await store.images.get('sector')).prepull, ['node:here', 'pool:rack-2']);
      assert.equal((await store.imagePulls.list()).find(({ name }) => name === 'never')?.definition.compression, 'xz');
      assert.equal((await store.tasks.list(100)).length, 14);
      assert.equal((await store.events.after(0, 1000)).length, await store.events.latest());
    });

    test(`CR15 no slice of a ${what} of the first version differs from the file that it was exported as then`, async (t) => {
      const store = await opening(t);
      const context = { store, transit, images: { map: async () => emptyImageMap }, abilitiesOf: (name: 'qemu') => traitsOf(name).can };
      for (const [name, text] of Object.entries(goldenExports())) {
        // It was deleted after it had been exported.
        if (name === 'gone') continue;
        const change = await planSlice(context as unknown as Parameters<typeof planSlice>[0], 'admin', { text });
        assert.deepEqual([change.networks, change.vms], [[], []], describeChange(change).join('\n'));
      }
    });

    test(`CR9 what is wanted by a ${what} of the first version is what was wanted then, and hashes as it did`, async (t) => {
      const store = await opening(t);
      for (const [name, plan] of Object.entries(plans)) {
        const { wanted } = await store.placement.onNode(plan.id, []);
        assert.deepEqual(
          wanted.vms.map(({ launch }) => launch.id),
          plan.wanted.vms.map(({ launch }) => launch.id),
          name,
        );
        for (const { launch, label } of wanted.vms) {
          assert.ok(isHashOf(plan.hashes.launches[launch.id] ?? null, launch), label);
          for (const port of launch.ports) assert.ok(isHashOf(plan.hashes.ports[port.nicId] ?? null, port), `${label} ${port.nicId}`);
        }
        assert.deepEqual(wanted.routers.map(planHash), plan.wanted.routers.map(planHash), name);
      }
    });

    test(`CR9 a pass by a ${what} of the first version over nodes as it left them has nothing to do`, async (t) => {
      const store = await opening(t);
      for (const [name, node] of Object.entries(nodes)) {
        const { config } = await store.nodes.get(name);
        const { wanted } = await store.placement.onNode(planOf(name).id, []);
        const { steps, strangers } = planNode({
          wanted,
          observed: {
            vms: node.vms.map((vm) => asRead(vm, node.state)),
            network: asReadNetwork(node, planOf(name)),
            images: wanted.images.concat(wanted.vms.map(({ launch }) => launch.image)).map(({ sha256 }) => sha256),
            arrivals: [],
          },
          ...{ running: new Map(), unreadable: new Map(), can: traitsOf(config.hypervisor).can },
          ...{ busy: new Set<string>(), postponedImages: new Set<string>(), postponedMoves: new Map(), moveSlots: 2 },
          // What failed then waits for its next try.
          now: 0,
        });
        // Only what joins the nodes is looked at again: that was not recorded then, and making it right changes nothing that is.
        assert.deepEqual(
          steps.map(({ kind }) => kind),
          ['underlay'],
          name,
        );
        assert.deepEqual(strangers, []);
      }
    });
  }

  test('CR15 a database and a backup of the first version become the same', async (t) => {
    const stores = await Promise.all(Object.values(openings).map((opening) => opening(t)));
    const [one = [], other = []] = await Promise.all(stores.map(dump));
    const isHeader = (line: string): boolean => line.startsWith('{"croft"');
    assert.deepEqual(
      one.filter((line) => !isHeader(line)),
      other.filter((line) => !isHeader(line)),
    );
  });
});

async function dump({ backups }: Store): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of backups.dump()) lines.push(line);
  return lines;
}

/** As it was observed, with the hash that this version reads where the first one had read its own. */
function asRead(vm: ObservedVm, state: GoldenFiles): ObservedVm {
  const { hash } = launchRecordForm.read(textOf(state, `vms/${vm.id}/launch.json`), vm.id);
  const ran = vm.state === 'running' || vm.state === 'paused';
  const [mark = '', kept = ''] = ran ? textOf(state, `vms/${vm.id}/started`).split('\n') : [];
  if (!ran) return { ...vm, launchHash: hash };
  const marked = mark.split(' ')[1] ?? null;
  assert.ok(isHashOf(marked, runningForm.read(kept, vm.id)), vm.id);
  return { ...vm, launchHash: marked };
}

function asReadNetwork({ network, run }: GoldenNode, { wanted, hashes }: GoldenPlans): ObservedNetwork {
  const ports = wanted.vms.flatMap(({ desired, launch }) => (desired === 'running' || desired === 'paused' ? launch.ports : []));
  const seen = network ?? {
    ports: ports.map(({ nicId, vmId }) => ({ name: nicId, nicId, vmId, healthy: true, hash: hashes.ports[nicId] ?? null })),
    routers: [],
  };
  return {
    underlay: { healthy: false, faults: ['it is not complete'], hash: null },
    ports: seen.ports.map((port) => {
      const plan = run[`vnics/${port.name}`];
      return typeof plan === 'string' ? { ...port, hash: planHash(portPlanForm.read(plan, port.name)) } : port;
    }),
    routers: seen.routers.map((router) => {
      const plan = routerPlanForm.read(textOf(run, `routers/${router.sliceId}/plan.json`), router.sliceId);
      return { ...router, hash: planHash(plan) };
    }),
  };
}

function textOf(files: GoldenFiles, path: string): string {
  const text = files[path];
  return typeof text === 'string' ? text : assert.fail(`no text ${path}`);
}

test('SC11 what the memory of a snapshot was taken of is read', () => {
  const { state } = nodes.here ?? assert.fail();
  const machines = Object.keys(state).filter((path) => path.includes('/machine.'));
  assert.equal(machines.length, 1);
  for (const path of machines) assert.ok(snapshotMachineForm.read(textOf(state, path), path).machine.memory > 0);
});
