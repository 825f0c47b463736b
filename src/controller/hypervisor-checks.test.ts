import assert from 'node:assert/strict';
import { test } from 'node:test';
import { capabilities } from '../drivers/hypervisor/driver.ts';
import { hypervisorChecks } from './hypervisor-checks.ts';

test('CR2 the doctor says which hypervisor a node has, what it cannot do, and what limits its VMs', () => {
  const zones = { name: 'zones', can: new Set(capabilities.filter((capability) => capability !== 'pause' && capability !== 'move')) };
  assert.deepEqual(
    hypervisorChecks(zones, { usable: true, version: 'r151054', limits: ['memory', 'cpus'] }, null).map(({ ok, detail }) => [ok, detail]),
    [
      [true, 'zones r151054; cannot pause, move'],
      [true, 'control groups limit the memory and the share of CPUs of each VM'],
    ],
  );
  const all = hypervisorChecks({ name: 'libvirt', can: new Set(capabilities) }, { usable: true, version: '9.0.0', limits: [] }, null);
  assert.match(all[0]?.detail ?? '', /^libvirt 9\.0\.0; can pause, reboot, .*, move$/);
  assert.match(all[1]?.detail ?? '', /^none: /);
});

test('CR2 the doctor says why a hypervisor cannot be used', () => {
  assert.deepEqual(hypervisorChecks({ name: 'libvirt', can: new Set() }, { usable: false, reason: 'it does not answer' }, 'start it'), [
    { name: 'hypervisor', ok: false, detail: 'libvirt cannot be used: it does not answer', fix: 'start it' },
  ]);
});
