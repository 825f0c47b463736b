import assert from 'node:assert/strict';
import { test } from 'node:test';
import { micro, node, options, required, slice, snapshot, vm } from '../../test/support/placement.ts';
import { usualTraits } from '../model/image/definition.ts';
import type { Image } from '../model/image/image.ts';
import type { PlacementSnapshot } from '../model/placement/assignment.ts';
import type { VmPlacement } from '../model/placement/placement.ts';
import { gibibyte } from '../model/vm/flavor.ts';
import { schedule } from './schedule.ts';

function reasonOf(given: PlacementSnapshot, id = '1'): string | null | undefined {
  return schedule(given, options).assignments.find((assignment) => assignment.id === id)?.reason;
}

const big = vm('1', { memory: 4 * gibibyte });

test('CR4 a VM that fits nowhere says what it needs, what each node lacks, and what would make it fit', () => {
  const nodes = [
    node('a'),
    node('b', { status: 'unreachable', reason: 'no route\nat all' }),
    node('c', { administration: 'draining' }),
    node('d', {}, { roles: ['network'] }),
  ];
  const there = vm('2', { name: 'db', slice: 'demo', nodeId: 'id-a', memory: 2.5 * gibibyte });
  assert.equal(
    reasonOf(snapshot(nodes, [big, there])),
    'needs 4 GiB of memory; a: 1.5 GiB of memory free; b: unreachable (no route); c: draining; d: without the role compute; ' +
      'would fit on c after `croft node resume c`, or on a if demo/db (2.5 GiB of memory) were removed',
  );
});

test('CR4 the reason of a VM without any node says to add one', () => {
  assert.equal(reasonOf(snapshot([], [big])), 'there is no node yet; add one with `croft node add`');
});

test('CR4 the reason of a VM that is larger than any node says so, without a word about what is free', () => {
  assert.equal(
    reasonOf(snapshot([node('a', { administration: 'draining' }), node('b')], [vm('1', { memory: 64 * gibibyte })])),
    'is larger than any node: needs 64 GiB of memory, and the most that one has is 4 GiB of memory',
  );
  const mixed = [node('a', { cpus: 8, memory: gibibyte }), node('b', { cpus: 1, memory: 8 * gibibyte })];
  assert.equal(
    reasonOf(snapshot(mixed, [vm('1', { cpus: 4, memory: 4 * gibibyte })])),
    'is larger than any node: needs 4 CPUs and 4 GiB of memory at once',
  );
});

test('CR4 a VM that asks for one node hears of that one only', () => {
  const asking = vm('1', { placement: { node: 'b' } });
  assert.equal(reasonOf(snapshot([node('a')], [asking])), 'asks for node b, which does not exist: did you mean a?');
  assert.equal(
    reasonOf(snapshot([node('a'), node('b', { administration: 'draining' })], [asking])),
    'b: draining; would fit on b after `croft node resume b`',
  );
});

test('CR4 rules among VMs are part of the reason', () => {
  const nodes = [node('a', { cpus: 1 }), node('b')];
  const there = vm('2', { nodeId: 'id-a' });
  assert.match(
    reasonOf(snapshot(nodes, [there, vm('1', { placement: { affinity: required('2') } })])) ?? '',
    /^must be on a with 2; needs 1 CPU; a: 0 CPUs free/,
  );
  assert.match(
    reasonOf(snapshot([node('a')], [there, vm('1', { placement: { antiAffinity: required('2') } })])) ?? '',
    /^a: has VMs that it must be apart from$/,
  );
  const torn = vm('1', { placement: { affinity: required('2', '3') } });
  assert.equal(reasonOf(snapshot(nodes, [there, vm('3', { nodeId: 'id-b' }), torn])), 'must be with 2 on a and with 3 elsewhere');
  const contrary = vm('1', { placement: { affinity: required('4'), antiAffinity: required('4') } });
  assert.equal(reasonOf(snapshot(nodes, [contrary, vm('4')])), '1 and 4 must be on the same node and must not');
});

test('CR4 of a slice that is placed together the VM is named that does not fit', () => {
  const slices = [slice('s', 'id-a', { together: true })];
  assert.match(
    reasonOf(snapshot([node('a')], [big, vm('2', { cpus: 9 })], slices)) ?? '',
    /^its slice is placed together, and 2: is larger than any node: needs 9 CPUs/,
  );
  assert.equal(
    reasonOf(snapshot([node('a')], [big, vm('2', { memory: 2 * gibibyte })], slices)),
    'its slice is placed together, and its 2 VMs, each of which would fit alone, do not fit all at once',
  );
});

test('CR4 a reason stays short however many nodes there are', () => {
  const nodes = Array.from({ length: 3000 }, (_, index) => {
    const kinds = [
      {},
      { administration: 'draining' as const, memory: gibibyte },
      { status: 'unreachable' as const, reason: `no ${index}`, memory: gibibyte },
    ];
    return node(`n${index}`, kinds[index % 3], { roles: index % 7 === 0 ? ['network'] : ['compute'] });
  });
  const full = nodes.map(({ id }, index) => vm(`full${index}`, { nodeId: id, memory: gibibyte }));
  const reason = reasonOf(snapshot(nodes, [big, ...full])) ?? '';
  assert.ok(reason.length < 700, reason);
  assert.match(reason, /; \d+ more have no more than that; .* and \d+ more: draining; .* more are no use for other reasons$/);
});

test('CR4 a requirement that no node meets is reported as such, with near names', () => {
  const nodes = [node('n-0001', {}, { pool: 'fast', labels: { disk: 'ssd' } }), node('n-0002')];
  const asking = (placement: Partial<VmPlacement>): string | null | undefined => reasonOf(snapshot(nodes, [vm('1', { placement })]));
  assert.equal(asking({ node: 'n-001' }), 'asks for node n-001, which does not exist: did you mean n-0001?');
  assert.equal(asking({ pools: ['fats'] }), 'asks for pool fats, in which no node is: did you mean fast?');
  assert.equal(
    asking({ pools: ['zz'], labels: { disk: 'sdd', rack: '1' } }),
    'asks for pool zz, in which no node is; asks for the label disk=sdd, which no node has: did you mean disk=ssd?; ' +
      'asks for the label rack=1, which no node has',
  );
  assert.equal(asking({ pools: ['default'], labels: { disk: 'ssd' } }), 'n-0001: not in pool default; n-0002: without the label disk=ssd');
});

test('CR4 everything that a node lacks is reported', () => {
  const nodes = [node('a', {}, { pool: 'fast', labels: { disk: 'ssd' } }), node('b', { architecture: 'aarch64' })];
  const asking = vm('1', { placement: { pools: ['fast'], labels: { disk: 'ssd' } }, firmware: 'uefi' });
  assert.equal(
    reasonOf(snapshot(nodes, [asking])),
    'a: without uefi firmware; b: not in pool fast, without the label disk=ssd, of architecture aarch64, not x86_64, without uefi firmware',
  );
});

test('CR4 VMs that must be on one node are reported together', () => {
  const nodes = [node('a'), node('b')];
  const together = (one: Partial<VmPlacement>, other: Partial<VmPlacement>, memory = gibibyte) =>
    reasonOf(snapshot(nodes, [vm('1', { memory, placement: { affinity: required('2'), ...one } }), vm('2', { memory, placement: other })]));
  assert.match(together({}, {}, 3 * gibibyte) ?? '', /^1 with 2: is larger than any node: needs 6 GiB of memory/);
  assert.equal(together({ node: 'a' }, { node: 'b' }), '1 with 2: 1 asks for node a and 2 for node b, and they must be on the same node');
});

test('CR1 a VM that asks for the very node that drains says so', () => {
  const nodes = [node('a', { administration: 'draining' }), node('b')];
  const bound = vm('1', { nodeId: 'id-a', placement: { node: 'a' } });
  assert.equal(reasonOf(snapshot(nodes, [bound])), 'no other node fits: it asks for node a itself');
});

test('CR4 a VM whose image is yet to be fetched hears now that no node could have it', () => {
  const late: Image = { ...micro, id: 'late', name: 'late', content: null, traits: { ...usualTraits, architecture: 'aarch64' } };
  const given = snapshot([node('a')], [vm('1', { imageId: 'late' }), vm('2')]);
  const images = new Map([...given.images, ['late', late]]);
  assert.equal(reasonOf({ ...given, images }), 'image late is being fetched; but a: of architecture x86_64, not aarch64');
});

test('CR4 the obstacle is reported with the lacking resources', () => {
  const there = vm('2', { nodeId: 'id-a', disk: 90 * gibibyte });
  assert.match(
    reasonOf(snapshot([node('a')], [there, vm('1', { disk: 20 * gibibyte })])) ?? '',
    /^needs 20 GiB of disk; a: 10 GiB of disk free; would fit on a if s\/2 \(90 GiB of disk\) were removed$/,
  );
});
