import assert from 'node:assert/strict';
import { Duplex } from 'node:stream';
import { test } from 'node:test';
import { FakeHost } from '../../../../test/support/fake-host.ts';
import { nodeLayout } from '../../../../test/support/node.ts';
import { launch } from '../../../../test/support/vm.ts';
import type { Command } from '../../../host/host.ts';
import { planHash } from '../../../model/node/plan.ts';
import { runningForm } from '../vm-folder/launch-record.ts';
import { detachVolume } from './hotplug.ts';

const layout = nodeLayout();
const id = 'aaaaaaaaaaaaaaaa';
const running = launch({ volumes: [{ id: 'bbbbbbbbbbbbbbbb', name: 'data', image: null, size: 1 }] });

/** A QEMU in which no device is plugged. */
function bareQemu(): Duplex {
  const stream = new Duplex({
    read() {},
    write(chunk, _encoding, done) {
      const { execute, id: number } = JSON.parse(String(chunk));
      stream.push(`${JSON.stringify({ return: execute === 'qom-list' ? [] : {}, id: number })}\n`);
      done();
    },
    final(done) {
      stream.push(null);
      done();
    },
  });
  stream.push('{"QMP":{"version":{},"capabilities":[]}}\r\n');
  return stream;
}

test('SC11 a volume counts as gone only once its file is, so that an interrupted removal is repeated', async () => {
  let broken = true;
  const answer = ({ argv }: Command) => {
    if (argv[0] === 'rm' && broken) return { code: 1, stderr: 'rm: Input/output error' };
    return argv[3] === 'croft-running' ? { stdout: `{}\nstarted\n1 ${planHash(running)} 1\n${JSON.stringify(running)}\n` } : {};
  };
  const host = new FakeHost({ answer, socket: bareQemu });
  const noted = () => host.commands.filter(({ argv }) => argv[3] === 'croft-adopt').map(({ stdin }) => runningForm.read(String(stdin), id));
  await assert.rejects(detachVolume({ host, layout }, { id, label: 's/a' }, 'bbbbbbbbbbbbbbbb'), /could not be removed on fake/);
  assert.deepEqual(noted(), []);
  broken = false;
  await detachVolume({ host, layout }, { id, label: 's/a' }, 'bbbbbbbbbbbbbbbb');
  assert.deepEqual(noted(), [{ ...running, volumes: [] }]);
});
