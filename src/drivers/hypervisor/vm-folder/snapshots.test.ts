import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeHost } from '../../../host/fake-host.ts';
import type { VmLaunch } from '../../../model/node/plan.ts';
import type { LiveControl } from './live-disks.ts';
import { removeSnapshot } from './snapshots.ts';

const layout = { controllerId: 'c', stateFolder: '/n/c', runFolder: '/run/n/c', bridge: 'b', uplink: null };
const image = { id: 'i', sha256: 'f'.repeat(64), format: 'raw' as const, size: 1 };
const vm: VmLaunch = {
  ...{ id: 'v'.repeat(16), hostname: 'web', cpus: 1, memory: 1, disk: null, image, ports: [], volumes: [], firmware: 'bios', boot: 0 },
  ...{ userData: null, cloudConfig: null, sshKeys: [] },
};
const stopped: LiveControl = {
  nicDevice: (nicId) => nicId,
  version: async () => '7.2',
  whileRunning: async () => false,
  kill: async () => undefined,
};

test('SC11 a snapshot may have every name that the API takes, and no other', async () => {
  const host = new FakeHost();
  for (const name of ['a', 'before-upgrade', 'a--b', 'n'.repeat(63)]) {
    await removeSnapshot(stopped, { host, layout }, { id: vm.id, label: 's/a', launch: vm }, name);
    assert.ok(host.commands.at(-1)?.argv.includes(`croft-${name}`), name);
  }
  for (const name of ['', '1', '-a', 'a-', 'A', '../a', 'a\nb', 'ä', 'n'.repeat(64)]) {
    await assert.rejects(
      removeSnapshot(stopped, { host, layout }, { id: vm.id, label: 's/a', launch: vm }, name),
      { code: 'input.invalid' },
      JSON.stringify(name),
    );
  }
});
