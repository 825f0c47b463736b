import assert from 'node:assert/strict';
import { test } from 'node:test';
import { storedImages } from '../../../test/support/stored-images.ts';
import { CroftError } from '../error.ts';
import { initialFlavors } from '../vm/flavor.ts';
import { describeChange } from './change-words.ts';
import { diffSlice, isEmptyChange } from './diff.ts';
import { readSliceFile } from './document.ts';
import { exportSlice } from './export.ts';
import { normaliseSlice } from './normalise.ts';
import { withoutPeer } from './placement.ts';
import type { SliceSpec } from './slice.ts';

const context = { flavors: initialFlavors, images: storedImages('micro'), previous: null, reserved: '100.64.0.0/10' };

function read(text: string): SliceSpec {
  const { file, locate } = readSliceFile(`slice: demo\ntemplate: { image: micro }\n${text}`);
  return normaliseSlice(file, { ...context, locate });
}

function placementOf(spec: SliceSpec, name: string) {
  return spec.vms.find((vm) => vm.name === name)?.placement;
}

function issuesOf(text: string): string[] {
  try {
    read(text);
  } catch (error) {
    if (error instanceof CroftError) return error.issues.map(({ path, message }) => `${path}: ${message}`);
  }
  return [];
}

test('CR4 a slice file says how its VMs are placed, and the template says it for those that do not', () => {
  const spec = read(`
placement: { policy: pack, together: true }
vms:
  web: { priority: 10, placement: { node: n1, pools: [fast, big, fast], labels: { disk: ssd }, imagePresent: true } }
  db: {}
`);
  assert.deepEqual(spec.placement, { policy: 'pack', together: true });
  const nobody = { required: [], preferred: [] };
  const rules = { affinity: nobody, antiAffinity: nobody };
  assert.deepEqual(placementOf(spec, 'web'), {
    ...{ priority: 10, node: 'n1', pools: ['big', 'fast'], labels: { disk: 'ssd' }, imagePresent: true },
    ...rules,
  });
  assert.deepEqual(placementOf(spec, 'db'), { priority: 0, node: null, pools: [], labels: {}, imagePresent: false, ...rules });
});

test('CR4 a counted VM stands for all that it became, and can be apart from itself', () => {
  const spec = read(`
vms:
  web: { count: 3, placement: { antiAffinity: { required: [web] }, affinity: { preferred: [db, db] } } }
  db: { placement: { antiAffinity: { required: [web-2], preferred: [web] } } }
`);
  assert.deepEqual(placementOf(spec, 'web')?.antiAffinity.required, ['web-2', 'web-3']);
  assert.deepEqual(placementOf(spec, 'web-2')?.antiAffinity.required, ['web', 'web-3']);
  assert.deepEqual(placementOf(spec, 'web-3')?.affinity.preferred, ['db']);
  assert.deepEqual(placementOf(spec, 'db')?.antiAffinity, { required: ['web-2'], preferred: ['web', 'web-3'] });
  assert.deepEqual(normaliseSlice(readSliceFile(exportSlice(spec)).file, context), spec);
});

test('CR4 a name that no VM has, an unknown key and a value out of range are reported with their positions', () => {
  assert.deepEqual(issuesOf('vms: { web: {}, db: { placement: { affinity: { required: [wep] } } } }'), [
    'vms.db.placement.affinity.required.0: unknown VM "wep": did you mean web?',
  ]);
  assert.deepEqual(issuesOf('vms: { web: { priority: 101 } }').length, 1);
  assert.match(issuesOf('placement: { polici: pack }').join(), /^placement.polici: unknown key "polici": did you mean policy\?/);
  assert.match(issuesOf('placement: { policy: packed }').join(), /did you mean pack\?/);
  assert.match(issuesOf('vms: { web: { placement: { pool: a } } }').join(), /did you mean pools\?/);
  assert.match(issuesOf('vms: { web: { placement: { affinity: { require: [] } } } }').join(), /did you mean required\?/);
  assert.match(issuesOf('vms: { web: { placement: { labels: { "a b": c } } } }').join(), /^vms.web.placement.labels/);
});

test('CR4 VMs that must be on one node and must not are refused, be it by way of a third', () => {
  assert.deepEqual(
    issuesOf('vms: { a: { placement: { affinity: { required: [b] } } }, b: { placement: { antiAffinity: { required: [a] } } } }'),
    ['vms.b.placement: VM b must be on the same node as VM a and must not'],
  );
  const chain = `
vms:
  a: { placement: { affinity: { required: [b] }, antiAffinity: { required: [c] } } }
  b: { placement: { affinity: { required: [c] } } }
  c: {}
`;
  assert.deepEqual(issuesOf(chain), ['vms.a.placement: VM a must be on the same node as VM c and must not']);
});

test('CR4 another placement is a change that moves and restarts nothing', () => {
  const before = read('vms: { web: {}, db: {} }');
  const after = read(
    'placement: { policy: pack }\nvms: { web: { priority: 5, placement: { pools: [fast], antiAffinity: { preferred: [db] } } }, db: {} }',
  );
  const change = diffSlice(before, after, 1);
  assert.deepEqual(
    change.vms.map(({ kind }) => kind),
    ['update'],
  );
  assert.deepEqual(describeChange(change), [
    '~ placement: as the controller places → pack (nothing moves)',
    '~ vm web: placement none → priority 5, pools fast, rather apart from db (it does not move)',
  ]);
  assert.equal(isEmptyChange(diffSlice(before, { ...before, placement: after.placement }, 1)), false);
  assert.equal(isEmptyChange(diffSlice(after, structuredClone(after), 1)), true);
});

test('CR4 of a VM that is gone nobody asks to be near or apart', () => {
  const [web] = read(
    'vms: { web: { placement: { affinity: { required: [db] }, antiAffinity: { preferred: [db, x] } } }, db: {}, x: {} }',
  ).vms;
  assert.ok(web);
  assert.deepEqual(withoutPeer(web, 'db').placement.affinity.required, []);
  assert.deepEqual(withoutPeer(web, 'db').placement.antiAffinity.preferred, ['x']);
  assert.equal(withoutPeer(web, 'other'), web);
});
