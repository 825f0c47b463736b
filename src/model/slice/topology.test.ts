import assert from 'node:assert/strict';
import { test } from 'node:test';
import { storedImages } from '../../../test/support/stored-images.ts';
import { nameSchema } from '../input/name.ts';
import { initialFlavors } from '../vm/flavor.ts';
import { checkSliceFile } from './file-check.ts';
import { normaliseSlice } from './normalise.ts';
import { topologies, topologyParts, topologySizes } from './topology.ts';

test('CR9 each preset joins the VMs that its shape says', () => {
  const links = (topology: (typeof topologies)[number], size: number) => [...topologyParts(topology, size).networks.keys()];
  assert.deepEqual(links('linear', 4), ['link1-2', 'link2-3', 'link3-4']);
  assert.deepEqual(links('ring', 4), ['link1-2', 'link2-3', 'link3-4', 'link4-1']);
  assert.deepEqual(links('mesh', 4), ['link1-2', 'link1-3', 'link1-4', 'link2-3', 'link2-4', 'link3-4']);
  assert.deepEqual(links('tree', 6), ['link1-2', 'link1-3', 'link2-4', 'link2-5', 'link3-6']);
  assert.deepEqual(links('star', 3), ['link-hub-1', 'link-hub-2']);
  assert.deepEqual(links('bus', 4), ['bus']);
  assert.deepEqual(
    [...topologyParts('star', 3).vms],
    [
      ['hub', ['link-hub-1', 'link-hub-2']],
      ['vm1', ['link-hub-1']],
      ['vm2', ['link-hub-2']],
    ],
  );
});

test('CR9 each preset makes a valid slice of its smallest and of its largest size', () => {
  for (const topology of topologies) {
    for (const size of Object.values(topologySizes[topology])) {
      const file = checkSliceFile({ slice: 'a', topology, size, template: { image: 'micro' } });
      const spec = normaliseSlice(file, {
        flavors: initialFlavors,
        images: storedImages('micro'),
        previous: null,
        reserved: '100.64.0.0/10',
      });
      assert.equal(spec.vms.length, size, `${topology} of ${size}`);
      for (const { name } of [...spec.vms, ...spec.networks]) assert.ok(nameSchema.safeParse(name).success, name);
    }
  }
});
