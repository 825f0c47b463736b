import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FakeHost } from '../../test/support/fake-host.ts';
import { nodeLayout } from '../../test/support/node.ts';
import { silentProgress } from '../../test/support/progress.ts';
import { launch, port, wantedVm } from '../../test/support/vm.ts';
import { referenceTo } from '../../test/support/vm-reference.ts';
import { type NoopFaults, noFaults } from '../drivers/hypervisor/noop/faults.ts';
import { createNoopHypervisor } from '../drivers/hypervisor/noop/noop.ts';
import { createNoopNetworkDriver } from '../drivers/network/noop/noop.ts';
import { perform } from '../host/host.ts';
import { CroftError } from '../model/error.ts';
import { underlayOf } from '../model/network/underlay.ts';
import { planHash, type VmLaunch, type WantedOnNode, type WantedVm } from '../model/node/plan.ts';
import type { Capability } from '../model/vm/capability.ts';
import type { ExecutionContext, Progress } from './context.ts';
import { execute } from './execute.ts';
import { planNode } from './plan.ts';
import { changeOffered } from './retry.ts';

const layout = nodeLayout();
const underlay = underlayOf(layout);

/** The values of VMs that a recorder would have written, as far as the next plan needs them. */
type Memory = Map<string, Pick<WantedVm, 'launchRetry' | 'changeRetry'>>;

const untried = { launchRetry: null, changeRetry: null };

function progressInto(memory: Memory, now: () => number): Progress {
  const failed = (launch: VmLaunch) => ({ failures: 1, at: now() + 2000, of: planHash(launch) });
  return silentProgress({
    vmStarted: ({ launch }) => void memory.set(launch.id, untried),
    vmChanged: ({ launch }, _done, deferred) =>
      void memory.set(launch.id, { ...untried, changeRetry: deferred === null ? null : changeOffered(launch) }),
    vmNotChanged: ({ launch }) => void memory.set(launch.id, { ...untried, changeRetry: failed(launch) }),
    vmFailed: ({ launch }) => void memory.set(launch.id, { ...untried, launchRetry: failed(launch) }),
  });
}

/** Some replies about changes of running VMs are lost, after all or none of the change was done. */
function losses(seed: number): NoopFaults {
  const operations = ['attachNic', 'detachNic', 'attachVolume', 'detachVolume', 'resize'] as const;
  const rules = (['before', 'after'] as const).map((place) => ({ operations, rate: 0.15, place }));
  return { ...noFaults, seed, rules };
}

function stage(can: Iterable<Capability>, seed: number) {
  let time = 1_000_000;
  const host = new FakeHost();
  const noop = createNoopHypervisor({ now: () => time, can, faults: losses(seed) });
  const hypervisor = noop.on({ host, layout });
  const network = createNoopNetworkDriver().on({ host, layout });
  const memory: Memory = new Map();
  const context: ExecutionContext = {
    ...{ host, layout, hypervisor, network, images: { ensure: async () => undefined } },
    progress: progressInto(memory, () => time),
    stopTimes: { powerdown: 0, terminate: 0 },
    clock: () => time,
    openBerth: async () => null,
  };
  async function pass(wanted: WantedOnNode): Promise<number> {
    time += 10_000;
    const [vms, seen] = await perform(context.host, hypervisor.observe(), network.observe());
    const launches = await perform(context.host, ...vms.map(({ id }) => hypervisor.runningLaunch(referenceTo(id))));
    const remembered = wanted.vms.map((vm) => ({ ...vm, ...memory.get(vm.launch.id) }));
    const input = {
      wanted: { ...wanted, vms: remembered },
      observed: { vms, network: seen, images: [], arrivals: [] },
      running: new Map(launches.flatMap((launch) => (launch === null ? [] : [[launch.id, launch] as const]))),
      unreadable: new Map<string, string>(),
      can: hypervisor.can,
      busy: new Set<string>(),
      postponedImages: new Set<string>(),
      postponedMoves: new Map<string, string>(),
      moveSlots: 0,
    };
    const plan = planNode({ ...input, now: time });
    await Promise.all(execute(context, plan.steps).values());
    return plan.steps.length;
  }
  return { noop, hypervisor, network, pass };
}

const identifiers = ['aaaaaaaaaaaaaaaa', 'bbbbbbbbbbbbbbbb', 'cccccccccccccccc'];
const image = { id: 'i', sha256: 'f'.repeat(64), format: 'raw' as const, size: 1 };

const vmArbitrary = fc.record({
  desired: fc.constantFrom('running' as const, 'stopped' as const, 'absent' as const),
  memory: fc.integer({ min: 1, max: 3 }),
  nics: fc.integer({ min: 0, max: 2 }),
  volumes: fc.integer({ min: 0, max: 2 }),
});

const worldArbitrary = fc.record({
  vms: fc.dictionary(fc.constantFrom(...identifiers), vmArbitrary, { maxKeys: 3 }),
  routers: fc.uniqueArray(fc.constantFrom('s1', 's2'), { maxLength: 2 }),
});

type World = { vms: Record<string, { desired: WantedVm['desired']; memory: number; nics: number; volumes: number }>; routers: string[] };

function wantedOf(world: World): WantedOnNode {
  const vms = Object.entries(world.vms).map(([id, { desired, memory, nics, volumes }]): WantedVm => {
    const ports = Array.from({ length: nics }, (_, index) =>
      port({ nicId: `${id}${index}`, vmId: id, mac: `02:00:00:00:00:0${index}`, address: `10.0.0.${index + 2}` }),
    );
    const parts = Array.from({ length: volumes }, (_, index) => ({ id: `${id}${index}`, name: `v${index}`, image: null, size: 1 }));
    return wantedVm({ launch: launch({ id, hostname: id, memory, image, ports, volumes: parts }), label: `s/${id}`, desired });
  });
  return {
    underlay,
    vms,
    routers: world.routers.map((sliceId) => ({ sliceId, slice: sliceId, transit: '100.64.0.0/30', networks: [] })),
    ...{ arriving: [], leftovers: [], abandoned: [], images: [] },
  };
}

const faultArbitrary = fc.record({
  step: fc.constantFrom(
    'prepare' as const,
    'start' as const,
    'stop' as const,
    'destroy' as const,
    'attachNic' as const,
    'detachNic' as const,
  ),
  vm: fc.constantFrom(...identifiers),
  lose: fc.boolean(),
});

test('CR9 from any state, through any edits and faults, passes come to rest with exactly what is wanted on the node', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.subarray<Capability>(['hotplug-nic', 'hotplug-volume', 'live-size']),
      fc.integer(),
      fc.array(fc.tuple(worldArbitrary, fc.array(faultArbitrary, { maxLength: 3 })), { minLength: 1, maxLength: 4 }),
      async (can, seed, edits) => {
        const { noop, hypervisor, network, pass } = stage(can, seed);
        let wanted: WantedOnNode = { underlay, vms: [], routers: [], arriving: [], leftovers: [], abandoned: [], images: [] };
        for (const [world, faults] of edits) {
          wanted = wantedOf(world as World);
          for (const { step, vm, lose } of faults) {
            noop.failNext(step, vm, new CroftError('command.failed', 'as the test wants it'));
            if (lose) noop.lose(vm, 137);
          }
          await pass(wanted);
        }
        // VMs that an edit removed have no row any more; the store keeps their rows until the VMs are gone.
        const everyone = new Set(identifiers.filter((id) => !wanted.vms.some(({ launch }) => launch.id === id)));
        const removal = wantedOf({
          vms: Object.fromEntries([...everyone].map((id) => [id, { desired: 'absent', memory: 1, nics: 0, volumes: 0 }])),
          routers: [],
        });
        const all = {
          underlay,
          vms: [...wanted.vms, ...removal.vms],
          routers: wanted.routers,
          arriving: [],
          leftovers: [],
          abandoned: [],
          images: [],
        };
        let rest = 0;
        for (let round = 0; round < 12 && rest < 2; round += 1) rest = (await pass(all)) === 0 ? rest + 1 : 0;
        assert.equal(rest, 2, 'the passes never came to rest');
        const [seen, net] = await perform(new FakeHost(), hypervisor.observe(), network.observe());
        const running = wanted.vms.filter(({ desired }) => desired === 'running');
        const runs = seen.filter(({ state }) => state === 'running').map(({ id }) => id);
        const launches = await perform(new FakeHost(), ...runs.map((id) => hypervisor.runningLaunch(referenceTo(id))));
        // Without live changes, sizes wait for a start that is not requested.
        const asWanted = (launch: VmLaunch | null): string =>
          launch === null ? '' : planHash(can.includes('live-size') ? launch : { ...launch, memory: 0 });
        assert.deepEqual(launches.map(asWanted).sort(), running.map(({ launch }) => asWanted(launch)).sort());
        assert.deepEqual(
          net.ports.map(({ nicId }) => nicId).sort(),
          running.flatMap(({ launch }) => launch.ports.map(({ nicId }) => nicId)).sort(),
        );
        assert.deepEqual(net.routers.map(({ sliceId }) => sliceId).sort(), wanted.routers.map(({ sliceId }) => sliceId).sort());
      },
    ),
    { numRuns: 150 },
  );
});
