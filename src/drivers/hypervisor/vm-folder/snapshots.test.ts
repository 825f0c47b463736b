import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeHost } from '../../../../test/support/fake-host.ts';
import { nodeLayout } from '../../../../test/support/node.ts';
import { launch } from '../../../../test/support/vm.ts';
import type { LiveControl } from './live-disks.ts';
import { removeSnapshot } from './snapshots.ts';

const layout = nodeLayout();
const vm = launch();
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
