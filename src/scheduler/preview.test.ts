import assert from 'node:assert/strict';
import { test } from 'node:test';
import { micro, node, options, required, slice, snapshot, vm } from '../../test/support/placement.ts';
import { diffSlice } from '../model/slice/diff.ts';
import type { SliceSpec, VmSpec } from '../model/slice/slice.ts';
import { gibibyte } from '../model/vm/flavor.ts';
import { previewPlacement } from './preview.ts';

const specOf = (vms: readonly VmSpec[]): SliceSpec => ({ ...slice('s').spec, vms: [...vms] });

test('CR4 the effect of a change is predicted as if it were committed: without what it removes, with what it edits', () => {
  const [old, edited] = [vm('old', { nodeId: 'id-a', memory: 3 * gibibyte }), vm('edited', { nodeId: 'id-b' })];
  const grown = vm('edited', { memory: 2 * gibibyte }).spec;
  const fresh = vm('new', { memory: 3 * gibibyte }).spec;
  const given = snapshot([node('a'), node('b')], [old, edited], [slice('s', 'id-a')]);
  const before = specOf([old.spec, edited.spec]);
  const places = (after: readonly VmSpec[]) => previewPlacement(given, diffSlice(before, specOf(after), 1), [micro], options).places;
  assert.deepEqual(places([grown, fresh]), [{ vm: 'new', node: 'a', reason: null }]);
  const [waiting] = places([old.spec, grown, fresh]);
  assert.equal(waiting?.node, null);
  assert.match(waiting?.reason ?? '', /^needs 3 GiB of memory; b: 2 GiB of memory free; a: 1 GiB of memory free; would fit on/);
  assert.deepEqual(places([{ ...old.spec, image: 'other' }, edited.spec]), [
    { vm: 'old', node: null, reason: 'image other has to be fetched first' },
  ]);
  const volumes = [{ name: 'data', image: 'tools', size: null }];
  const [withVolume] = places([{ ...old.spec, image: micro.name }, edited.spec, { ...vm('third').spec, volumes }]);
  assert.equal(withVolume?.reason, 'image tools has to be fetched first');
  assert.deepEqual(places([old.spec, grown]), [], 'nothing new is made');
});

test('CR4 what a new slice asks of the places of its VMs counts before it is there', () => {
  const vms = [vm('1', { placement: { antiAffinity: required('2') } }).spec, vm('2').spec];
  const together = { ...specOf(vms), name: 'fresh', placement: { policy: null, together: true } };
  const change = diffSlice(null, together, null);
  const on = (names: readonly string[]) => {
    const nodes = names.map((name) => node(name));
    return previewPlacement(snapshot(nodes, []), change, [micro], options).places.map((place) => place.node);
  };
  assert.deepEqual(on(['a', 'b']), ['a', 'b']);
  assert.deepEqual(on(['a']), [null, null]);
});

test('CR3 a change that a commit would refuse for want of room is predicted, with all that is added in the same change', () => {
  const [grows, other] = [vm('grows', { nodeId: 'id-a', disk: 10 * gibibyte }), vm('other', { nodeId: 'id-a', disk: 80 * gibibyte })];
  const given = snapshot([node('a')], [grows, other], [slice('s', 'id-a')]);
  const before = specOf([grows.spec, other.spec]);
  const refusals = (after: readonly VmSpec[]) => previewPlacement(given, diffSlice(before, specOf(after), 1), [micro], options).refusals;
  const grown = { ...grows.spec, disk: 60 * gibibyte };
  assert.deepEqual(refusals([grown, other.spec]), ['VM "grows" outgrows its node "a": needs 60 GiB of disk, 20 GiB is free']);
  assert.deepEqual(refusals([grown]), [], 'what goes makes room');
  assert.deepEqual(refusals([{ ...grows.spec, disk: 20 * gibibyte }, other.spec]), []);
  const late = { ...grows.spec, volumes: [{ name: 'data', image: 'late', size: null }] };
  assert.deepEqual(refusals([late, other.spec]), [
    'VM "grows" has its node "a", and whether that has room for the image late is known once it was fetched',
  ]);
});
