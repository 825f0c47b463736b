/** Properties of placement for clusters and slices of any shape. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { node, options, slice, snapshot, vm } from '../../test/support/placement.ts';
import type { Node } from '../model/node/node.ts';
import type { PlacementSnapshot, PlacementVm } from '../model/placement/assignment.ts';
import { capacityOf, nothing, promisedByNode } from '../model/placement/capacity.ts';
import { type PlacementPolicy, placementPolicies, type VmPlacement } from '../model/placement/placement.ts';
import { gibibyte, mebibyte } from '../model/vm/flavor.ts';
import { schedule } from './schedule.ts';

const pools = ['default', 'fast'];
const policyArbitrary = fc.constantFrom(...placementPolicies);

const nodeArbitrary = fc.record({
  memory: fc.integer({ min: 0, max: 8 }),
  cpus: fc.integer({ min: 1, max: 8 }),
  pool: fc.constantFrom(...pools),
  administration: fc.constantFrom('active' as const, 'active' as const, 'active' as const, 'draining' as const),
});
const nodesArbitrary = fc
  .array(nodeArbitrary, { maxLength: 6 })
  .map((sizes) => sizes.map(({ memory, pool, ...rest }, index) => node(`n${index}`, { ...rest, memory: memory * gibibyte }, { pool })));

const sizeArbitrary = fc.record({
  memory: fc.integer({ min: 1, max: 16 }),
  held: fc.integer({ min: 1, max: 16 }),
  cpus: fc.integer({ min: 1, max: 4 }),
  /** GiB; a node of the samples has 100. */
  disk: fc.option(fc.integer({ min: 1, max: 110 })),
});
const namesArbitrary = fc.subarray(['v0', 'v1', 'v2', 'v3', 'v4', 'v5'], { maxLength: 2 });
const placementArbitrary: fc.Arbitrary<Partial<VmPlacement>> = fc.record({
  priority: fc.integer({ min: -1, max: 1 }),
  pools: fc.subarray(pools),
  affinity: fc.record({
    required: fc.oneof({ weight: 4, arbitrary: fc.constant<string[]>([]) }, { weight: 1, arbitrary: namesArbitrary }),
    preferred: namesArbitrary,
  }),
  antiAffinity: fc.record({
    required: fc.oneof({ weight: 2, arbitrary: fc.constant<string[]>([]) }, { weight: 1, arbitrary: namesArbitrary }),
    preferred: namesArbitrary,
  }),
});

/** Some VMs have a node already, given by its position, whatever the reason. */
const snapshotArbitrary: fc.Arbitrary<PlacementSnapshot> = fc
  .tuple(
    nodesArbitrary,
    fc.array(fc.record({ size: sizeArbitrary, placement: placementArbitrary, on: fc.option(fc.nat(5), { freq: 3 }), slice: fc.nat(1) }), {
      maxLength: 12,
    }),
    fc.boolean(),
  )
  .map(([nodes, seeds, together]) => {
    const vms = seeds.map(({ size, placement, on, slice: number }, index) =>
      vm(`id${index}`, {
        ...{ name: `v${Math.floor(index / 2)}`, sliceId: `s${index % 2}`, slice: `s${index % 2}`, createdAt: number, placement },
        ...{ cpus: size.cpus, disk: size.disk === null ? null : size.disk * gibibyte },
        ...{ memory: size.memory * 256 * mebibyte, nodeId: on === null ? null : (nodes[on]?.id ?? null) },
        memoryHeld: on === null || nodes[on] === undefined ? null : size.held * 256 * mebibyte,
      }),
    );
    const slices = [slice('s0', nodes[0]?.id ?? 'none', { together }), slice('s1', nodes[0]?.id ?? 'none')];
    return { ...snapshot(nodes, vms, slices), routed: new Set<string>() };
  });

/** The VMs in the state after the commit; `movingTo` where a move was decided. */
function afterwards(given: PlacementSnapshot, policy: PlacementPolicy): PlacementVm[] {
  const decided = new Map(schedule(given, { ...options, policy }).assignments.map((one) => [one.id, one]));
  return given.vms.map((one) => {
    const decision = decided.get(one.id);
    if (decision === undefined) return one;
    return decision.kind === 'move' ? { ...one, movingTo: decision.nodeId } : { ...one, nodeId: decision.nodeId };
  });
}

const placesOf = ({ nodeId, movingTo }: PlacementVm): string[] => [nodeId, movingTo].filter((id) => id !== null);
const destinationOf = ({ nodeId, movingTo }: PlacementVm): string | null => movingTo ?? nodeId;

/** Pairs of which the first names the second. */
function ruled(vms: readonly PlacementVm[], rule: 'affinity' | 'antiAffinity'): [PlacementVm, PlacementVm][] {
  return vms.flatMap((one) =>
    vms
      .filter((other) => other !== one && other.sliceId === one.sliceId && one.spec.placement[rule].required.includes(other.name))
      .map((other): [PlacementVm, PlacementVm] => [one, other]),
  );
}

test('CR3 no node gets more than it has, whatever it had before', () => {
  fc.assert(
    fc.property(snapshotArbitrary, policyArbitrary, (given, policy) => {
      const [before, after] = [promisedByNode(given.vms), promisedByNode(afterwards(given, policy))];
      for (const one of given.nodes) {
        const capacity = capacityOf(one) ?? nothing;
        const [was, is] = [before.get(one.id) ?? nothing, after.get(one.id) ?? nothing];
        for (const kind of ['cpus', 'memory', 'disk'] as const) assert.ok(is[kind] === was[kind] || is[kind] <= capacity[kind]);
      }
    }),
  );
});

test('CR4 the same state gives the same decisions, in whatever order its parts are listed', () => {
  fc.assert(
    fc.property(snapshotArbitrary, policyArbitrary, (given, policy) => {
      const decisions = schedule(given, { ...options, policy });
      assert.deepEqual(schedule(structuredClone(given), { ...options, policy }), decisions);
      const reversed = { ...given, nodes: given.nodes.toReversed(), slices: given.slices.toReversed() };
      assert.deepEqual(schedule(reversed, { ...options, policy }), decisions);
    }),
  );
});

test('CR4 what is decided is not decided again', () => {
  fc.assert(
    fc.property(snapshotArbitrary, policyArbitrary, (given, policy) => {
      const { assignments, cursor } = schedule(given, { ...options, policy });
      const decided = new Map(assignments.map((one) => [one.id, one]));
      const vms = afterwards(given, policy).map((one) => {
        const decision = decided.get(one.id);
        if (decision === undefined) return one;
        return decision.kind === 'move' ? { ...one, stayReason: decision.reason } : { ...one, pendingReason: decision.reason };
      });
      const again = schedule({ ...given, vms, cursor }, { ...options, policy }).assignments;
      assert.deepEqual(
        again.filter(({ nodeId }) => nodeId !== null),
        [],
      );
    }),
  );
});

test('CR4 hard rules hold for all that is decided', () => {
  fc.assert(
    fc.property(snapshotArbitrary, policyArbitrary, (given, policy) => {
      const after = afterwards(given, policy);
      const changed = new Set(after.filter((one) => !given.vms.includes(one) && destinationOf(one) !== null).map(({ id }) => id));
      const nodes = new Map(given.nodes.map((one): [string, Node] => [one.id, one]));
      for (const one of after.filter(({ id }) => changed.has(id))) {
        const target = nodes.get(destinationOf(one) ?? '');
        if (target?.id === one.nodeId && one.movingTo === null && given.vms.some(({ id, nodeId }) => id === one.id && nodeId !== null))
          continue;
        assert.equal(target?.administration, 'active');
        const asked = one.spec.placement.pools;
        assert.ok(asked.length === 0 || asked.includes(target?.config.pool ?? ''));
      }
      const moved = (one: PlacementVm): boolean => {
        const before = given.vms.find(({ id }) => id === one.id);
        return before !== undefined && destinationOf(before) !== destinationOf(one);
      };
      for (const [one, other] of ruled(after, 'antiAffinity')) {
        if (moved(one)) assert.ok(!placesOf(other).includes(destinationOf(one) ?? ''));
        if (moved(other)) assert.ok(!placesOf(one).includes(destinationOf(other) ?? ''));
      }
      for (const [one, other] of ruled(after, 'affinity')) {
        if (!moved(one) && !moved(other)) continue;
        const [here, there] = [destinationOf(one), destinationOf(other)];
        assert.ok(here === null || there === null || here === there);
      }
    }),
    { numRuns: 300 },
  );
});

test('CR4 of a slice that is placed together all get a place in one group, or none', () => {
  fc.assert(
    fc.property(snapshotArbitrary, policyArbitrary, (given, policy) => {
      const whole = new Set(given.slices.filter(({ spec }) => spec.placement.together).map(({ id }) => id));
      const unplaced = given.vms.filter(({ sliceId, nodeId }) => whole.has(sliceId) && nodeId === null);
      const decided = new Map(schedule(given, { ...options, policy }).assignments.map((one) => [one.id, one]));
      const placed = unplaced.map(({ id }) => decided.get(id)).filter((one) => one?.kind === 'vm' && one.nodeId !== null);
      assert.ok(placed.length === 0 || placed.length === unplaced.length);
      const groups = new Set(placed.map((one) => (one?.kind === 'vm' ? one.group : null)));
      assert.ok(groups.size <= 1 && (placed.length < 2 || !groups.has(null)));
    }),
  );
});

/** One VM without rules to others, among VMs that have their nodes. */
const singleArbitrary = fc
  .record({ given: snapshotArbitrary, size: sizeArbitrary, pools: fc.subarray(pools) })
  .map(({ given, size, pools: asked }) => {
    const placed = given.vms.filter(({ nodeId }) => nodeId !== null);
    const one = (memory: number, cpus: number) =>
      vm('one', { name: 'one', sliceId: 'own', slice: 'own', memory, cpus, placement: { pools: asked } });
    return { ...given, placed, one, size };
  });

function isPlaced(given: PlacementSnapshot, policy: PlacementPolicy): boolean {
  return schedule(given, { ...options, policy }).assignments.some(({ id, nodeId }) => id === 'one' && nodeId !== null);
}

test('CR4 one more node takes no VM its place, nor does asking for less', () => {
  fc.assert(
    fc.property(singleArbitrary, nodeArbitrary, policyArbitrary, ({ placed, one, size, ...given }, extra, policy) => {
      const nodes = given.nodes.map((each): Node => ({ ...each, administration: 'active' }));
      const asked = one(size.memory * 256 * mebibyte, size.cpus);
      if (!isPlaced({ ...given, nodes, vms: [...placed, asked] }, policy)) return;
      const added = node(
        'extra',
        { memory: extra.memory * gibibyte, cpus: extra.cpus, administration: extra.administration },
        { pool: extra.pool },
      );
      assert.ok(isPlaced({ ...given, nodes: [...nodes, added], vms: [...placed, asked] }, policy));
      const less = one(Math.ceil(size.memory / 2) * 256 * mebibyte, Math.ceil(size.cpus / 2));
      assert.ok(isPlaced({ ...given, nodes, vms: [...placed, less] }, policy));
    }),
  );
});

test('CR4 round-robin gives each of equal nodes as many VMs, give or take one, over any number of rounds', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 7 }), fc.array(fc.nat(9), { maxLength: 6 }), (nodeCount, rounds) => {
      const nodes = Array.from({ length: nodeCount }, (_, index) => node(`n${index}`, { cpus: 100, memory: 100 * gibibyte }));
      let cursor: string | null = null;
      let vms: PlacementVm[] = [];
      for (const [round, count] of rounds.entries()) {
        const fresh = Array.from({ length: count }, (_, index) => vm(`${round}-${index}`, { createdAt: round }));
        const given: PlacementSnapshot = { ...snapshot(nodes, [...vms, ...fresh]), cursor };
        vms = afterwards(given, 'round-robin');
        cursor = schedule(given, { ...options, policy: 'round-robin' }).cursor;
      }
      const counts = nodes.map(({ id }) => vms.filter(({ nodeId }) => nodeId === id).length);
      assert.ok(Math.max(...counts) - Math.min(...counts) <= 1);
    }),
  );
});
