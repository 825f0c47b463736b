import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeHost } from '../../../../test/support/fake-host.ts';
import { nodeLayout } from '../../../../test/support/node.ts';
import type { Command } from '../../../host/host.ts';
import { CroftError } from '../../../model/error.ts';
import { Endings } from './endings.ts';
import { stopVm } from './stop.ts';

const layout = nodeLayout({ controllerId: 'aaaabbbb' });
const options = { uri: 'qemu:///system', network: null };
const vmId = 'abcdefghijklmnop';
const reachOf = (host: FakeHost) => ({ host, layout, options, vm: { id: vmId, label: 's/a' } });
const asks = (word: string) => (command: Command) => command.argv.includes(word);

test('CR7 a guest that does not power down is given so much time and no more, however long libvirt takes to answer', async () => {
  const host = new FakeHost({ answer: ({ argv }) => ({ stdout: argv.includes('destroy') ? '' : 'running\n' }) });
  host.latency = 250;
  const powerdown = 1_000;
  assert.equal(await stopVm(reachOf(host), { powerdown, terminate: 0 }, new Endings()), 'killed');
  const looks = host.commands.filter(asks('domstate')).length;
  assert.ok((looks - 1) * host.latency < powerdown - host.latency, `${looks} looks`);
});

test('CR7 the end of a guest is heard of, and then looked at', async () => {
  const endings = new Endings();
  let state = 'running';
  const host = new FakeHost({
    answer({ argv }) {
      if (argv.includes('shutdown')) {
        // The answer begins the wait for the end.
        setImmediate(() => {
          state = 'shut off';
          endings.tell(vmId);
        });
      }
      return { stdout: `${state}\n` };
    },
  });
  assert.equal(await stopVm(reachOf(host), { powerdown: 60_000, terminate: 0 }, endings), 'powered-down');
  assert.equal(host.commands.filter(asks('shutdown')).length, 1);
});

test('CR7 a caller that waits for an end is notified of it, and of no other VM’s', async () => {
  const endings = new Endings();
  const heard: string[] = [];
  const waiting = ['one', 'two'].map((id) => endings.await(id, id === 'one' ? 60_000 : 1).then(() => heard.push(id)));
  await waiting[1];
  assert.deepEqual(heard, ['two']);
  endings.tell('one');
  await waiting[0];
});

test('CR7 a stop that libvirt does not answer is not asked for on the node either', async () => {
  const host = new FakeHost({ answer: () => ({ code: 124 }) });
  await assert.rejects(stopVm(reachOf(host), { powerdown: 1, terminate: 1 }, new Endings()), (error) => {
    return error instanceof CroftError && error.code === 'command.timeout' && error.node === 'fake' && error.hint !== undefined;
  });
  assert.equal(host.commands.length, 1);
});
