import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Network } from '../slice/slice.ts';
import { type CarriedNetwork, carriedBy, segmentsWithoutVlan } from './segment.ts';

const spec = {} as Network['spec'];
const network = (id: string, segment: number, vlan: number | null): Network => ({ id, sliceId: 's', name: id, spec, segment, vlan });
const numbers = (networks: readonly CarriedNetwork[]) => networks.map(({ id, segment }) => `${id} ${segment}`);

test('CR11 a trunk carries networks by their VLAN tags, VXLAN by their segments of up to 24 bits', () => {
  const networks = [network('a', 2000, 2000), network('b', 2 ** 24 - 1, null), network('c', 70_000, 7)];
  assert.deepEqual(numbers(carriedBy('trunk', networks)), ['a 2000', 'c 7']);
  assert.deepEqual(numbers(carriedBy('vxlan', networks)), ['a 2000', 'b 16777215', 'c 70000']);
  assert.ok(segmentsWithoutVlan.first > 4095, 'no segment is like the VLAN tag of another network');
});
