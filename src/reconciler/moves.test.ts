import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FakeHost } from '../../test/support/fake-host.ts';
import { nodeLayout } from '../../test/support/node.ts';
import { silentProgress } from '../../test/support/progress.ts';
import { launch as launchOf, port } from '../../test/support/vm.ts';
import type { NodeLayout } from '../drivers/hypervisor/driver.ts';
import { createNoopHypervisor } from '../drivers/hypervisor/noop/noop.ts';
import { createNoopNetworkDriver } from '../drivers/network/noop/noop.ts';
import { perform } from '../host/host.ts';
import { CroftError } from '../model/error.ts';
import { underlayOf } from '../model/network/underlay.ts';
import type { WantedVm } from '../model/node/plan.ts';
import type { ExecutionContext } from './context.ts';
import { execute } from './execute.ts';
import { planNode } from './plan.ts';
import { subjectOf } from './steps.ts';

const nodes = ['n1', 'n2', 'n3'] as const;
type NodeName = (typeof nodes)[number];
const id = 'aaaaaaaaaaaaaaaa';
const launch = launchOf({ hostname: 'a', ports: [port({ nicId: 'p' })] });

function layoutOf(node: NodeName): NodeLayout {
  return nodeLayout({ stateFolder: `/${node}/c`, runFolder: `/run/${node}/c` });
}

/** The row of one VM, as the store has it. */
interface Row {
  nodeId: NodeName;
  movingTo: NodeName | null;
  desired: WantedVm['desired'];
}

/** One VM on a cluster of noop nodes. A step that is held resumes, or is interrupted, when the test says so. */
function stage() {
  let time = 1_000_000;
  let life = new AbortController();
  const hypervisor = createNoopHypervisor({ now: () => time });
  const row: Row = { nodeId: 'n1', movingTo: null, desired: 'running' };
  const networks = new Map(nodes.map((node) => [node, createNoopNetworkDriver()]));
  let busy = new Map<NodeName, Map<string, Promise<void>>>();
  let postponed = false;
  let gone = false;

  const progress = silentProgress({
    vmNotMoved: () => {
      postponed = true;
    },
  });
  const busyOn = (node: NodeName): Map<string, Promise<void>> => {
    const own = busy.get(node) ?? new Map<string, Promise<void>>();
    busy.set(node, own);
    return own;
  };
  const occupy = (node: NodeName, subject: string, work: Promise<void>): void => {
    const own = busyOn(node);
    own.set(
      subject,
      work.finally(() => own.delete(subject)),
    );
  };

  function on(node: NodeName) {
    const reach = { host: new FakeHost(), layout: layoutOf(node) };
    return { ...reach, hypervisor: hypervisor.on(reach), network: (networks.get(node) ?? createNoopNetworkDriver()).on(reach) };
  }

  function contextOf(node: NodeName): ExecutionContext {
    const { signal } = life;
    return {
      ...on(node),
      images: { ensure: async () => undefined },
      ...{ progress, stopTimes: { powerdown: 0, terminate: 0 }, clock: () => time },
      openBerth: async (vmId, to) => {
        const target = to as NodeName;
        if (busyOn(target).has(`vm:${vmId}`)) return null;
        const { promise, resolve } = Promise.withResolvers<void>();
        occupy(target, `vm:${vmId}`, promise);
        return {
          ...{ ...on(target), signal },
          complete: async () => {
            if (signal.aborted || row.nodeId !== node || row.movingTo !== to) return false;
            Object.assign(row, { nodeId: to, movingTo: null });
            return true;
          },
          [Symbol.asyncDispose]: async () => resolve(),
        };
      },
    };
  }

  async function pass(node: NodeName): Promise<number> {
    time += 10_000;
    const layout = layoutOf(node);
    const [vms, arrivals, seen] = await perform(
      new FakeHost(),
      on(node).hypervisor.observe(),
      on(node).hypervisor.arrivals(),
      on(node).network.observe(),
    );
    const { desired, movingTo } = row;
    const wanted: WantedVm = {
      ...{ launch, label: 's/a', desired, generation: 1, settled: false, missingImages: [], movingTo, restart: 'always' },
      ...{ restarts: 0, restartAt: null, launchRetry: null, changeRetry: null, diskRetry: null },
    };
    const own = busyOn(node);
    const plan = planNode({
      wanted: {
        underlay: underlayOf(layout),
        vms: !gone && row.nodeId === node ? [wanted] : [],
        ...{
          arriving: !gone && row.movingTo === node && row.desired !== 'absent' ? [id] : [],
          leftovers: gone || row.nodeId === node ? [] : [id],
          abandoned: [],
          images: [],
          routers: [],
        },
      },
      observed: { vms, network: seen, images: [], arrivals },
      ...{ running: new Map(), unreadable: new Map(), can: hypervisor.can },
      busy: new Set(own.keys()),
      postponedImages: new Set(),
      postponedMoves: new Map(postponed ? [[id, 'as the test wants it']] : []),
      ...{ moveSlots: 1, now: time },
    });
    if (plan.forget.length > 0) gone = true;
    const running = execute(contextOf(node), plan.steps);
    for (const step of plan.steps) occupy(node, subjectOf(step), running.get(subjectOf(step)) ?? Promise.resolve());
    return plan.steps.length;
  }

  return {
    hypervisor,
    row,
    pass,
    isGone: () => gone,
    retry: () => {
      postponed = false;
    },
    /** The controller dies and starts again: work in progress is interrupted. */
    async kill(): Promise<void> {
      life.abort();
      life = new AbortController();
      await this.quiet();
      busy = new Map();
      postponed = false;
    },
    async quiet(): Promise<void> {
      for (let own = all(); own.length > 0; own = all()) await Promise.all(own);
    },
    async running(): Promise<NodeName[]> {
      const seen: NodeName[] = [];
      for (const node of nodes) {
        const [vms] = await perform(new FakeHost(), on(node).hypervisor.observe());
        if (vms.some(({ state }) => state === 'running')) seen.push(node);
      }
      return seen;
    },
    async leftovers(): Promise<string[]> {
      const found: string[] = [];
      for (const node of nodes) {
        const [vms, arrivals] = await perform(new FakeHost(), on(node).hypervisor.observe(), on(node).hypervisor.arrivals());
        found.push(...vms.map(() => node), ...arrivals.map(() => `${node} arriving`));
      }
      return found;
    },
    diskOn: (node: NodeName) => hypervisor.disk(layoutOf(node), id),
  };

  function all(): Promise<void>[] {
    return [...busy.values()].flatMap((own) => [...own.values()]);
  }
}

type Deed =
  | { kind: 'pass'; node: NodeName }
  | { kind: 'move'; to: NodeName }
  | { kind: 'cancel' | 'kill' | 'retry' | 'rest' }
  | { kind: 'fail'; step: 'transfer' | 'stop' | 'destroy' | 'start' | 'discardArrival' }
  | { kind: 'desire'; desired: 'running' | 'stopped' };

const deed: fc.Arbitrary<Deed> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('pass' as const), node: fc.constantFrom(...nodes) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('move' as const), to: fc.constantFrom(...nodes) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('cancel' as const, 'kill' as const, 'retry' as const, 'rest' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('fail' as const),
      step: fc.constantFrom('transfer' as const, 'stop' as const, 'destroy' as const, 'start' as const, 'discardArrival' as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('desire' as const), desired: fc.constantFrom('running' as const, 'stopped' as const) }),
  },
);

test('CR4 through moves, cancellations, failures and kills in any order a VM never runs twice and never gets another disk, and comes to rest', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(deed, { maxLength: 25 }), fc.boolean(), async (deeds, remove) => {
      const cluster = stage();
      await cluster.pass('n1');
      await cluster.quiet();
      const disk = cluster.diskOn('n1');
      assert.notEqual(disk, null);
      const check = async () => {
        assert.ok((await cluster.running()).length <= 1, 'it runs twice');
        assert.equal(cluster.diskOn(cluster.row.nodeId), disk, 'the node that it is on has its disk');
      };
      for (const one of deeds) {
        const { row } = cluster;
        if (one.kind === 'pass') await cluster.pass(one.node);
        else if (one.kind === 'move') row.movingTo = one.to === row.nodeId ? null : one.to;
        else if (one.kind === 'cancel') row.movingTo = null;
        else if (one.kind === 'kill') await cluster.kill();
        else if (one.kind === 'retry') cluster.retry();
        else if (one.kind === 'rest') await cluster.quiet();
        else if (one.kind === 'desire') row.desired = one.desired;
        else if (one.kind === 'fail') cluster.hypervisor.failNext(one.step, id, new CroftError('command.failed', 'as the test wants it'));
        await check();
      }
      await cluster.quiet();
      await check();
      if (remove) cluster.row.desired = 'absent';
      let rest = 0;
      for (let round = 0; round < 12 && rest < 2; round += 1) {
        cluster.retry();
        let steps = 0;
        for (const node of nodes) steps += await cluster.pass(node);
        await cluster.quiet();
        if (!remove) await check();
        rest = steps === 0 ? rest + 1 : 0;
      }
      assert.equal(rest, 2, 'the passes never came to rest');
      assert.equal(cluster.row.movingTo === null || remove, true, 'a move that is wanted is made');
      assert.deepEqual(await cluster.leftovers(), remove ? [] : [cluster.row.nodeId]);
      assert.deepEqual(await cluster.running(), !remove && cluster.row.desired === 'running' ? [cluster.row.nodeId] : []);
      assert.equal(cluster.isGone(), remove);
    }),
    { numRuns: 400 },
  );
});
