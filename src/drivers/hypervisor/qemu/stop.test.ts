import assert from 'node:assert/strict';
import { type Duplex, duplexPair } from 'node:stream';
import { test } from 'node:test';
import { FakeHost } from '../../../../test/support/fake-host.ts';
import { nodeLayout } from '../../../../test/support/node.ts';
import { CroftError } from '../../../model/error.ts';
import { stopVm } from './stop.ts';

const id = 'aaaaaaaaaaaaaaaa';
const layout = nodeLayout();
const gone = () => new CroftError('not-found', 'nothing answers');

/** QEMU's reaction to its power button: none, or the end of its session. */
type Press = (session: Duplex) => void;

/** A node whose QEMU answers at its socket as `presses` say, one entry for each session; after those there is no socket, or `then`. */
function openNode(presses: Press[], then: () => Error = gone, noted = 0) {
  let pressed = 0;
  const ended: string[] = [];
  const host = new FakeHost({
    answer({ argv }) {
      if (argv[3] === 'croft-end') {
        ended.push(argv[8] ?? '');
        return { stdout: argv[8] === '0' ? 'terminated' : 'gone' };
      }
      return { code: argv[3] === 'croft-stop' ? noted : 0 };
    },
    socket(path) {
      if (!path.endsWith('/qmp.sock')) throw gone();
      const press = presses.shift();
      if (press === undefined) throw then();
      const [near, far] = duplexPair();
      far.setEncoding('utf8');
      far.write('{"QMP":{}}\n');
      far.on('data', (text: string) => {
        for (const line of text.split('\n').filter((one) => one !== '')) {
          const { execute, id } = JSON.parse(line);
          far.write(`${JSON.stringify({ return: execute === 'query-chardev' ? [] : {}, id })}\n`);
          if (execute !== 'system_powerdown') continue;
          pressed += 1;
          press(far);
        }
      });
      return near;
    },
  });
  return { host, pressed: () => pressed, ended };
}

const closes: Press = (session) => void session.end();
const times = { powerdown: 20_000, terminate: 100 };

test('CR7 a guest that powers off ends its QEMU, which is given the time for it', async () => {
  const node = openNode([closes]);
  assert.equal(await stopVm({ host: node.host, layout }, { id, label: 's/a' }, times), 'powered-down');
  assert.deepEqual([node.pressed(), node.ended], [1, ['40']]);
});

test('CR7 a guest whose node is lost for a moment while it shuts down is not ended for that: it is asked again', async () => {
  const node = openNode([closes, closes, closes]);
  assert.equal(await stopVm({ host: node.host, layout }, { id, label: 's/a' }, times), 'powered-down');
  assert.deepEqual([node.pressed(), node.ended], [3, ['40']]);
});

test('CR7 a guest whose node does not come back is left to shut down', async () => {
  const node = openNode([closes], () => new CroftError('node.unreachable', 'it is away'));
  await assert.rejects(stopVm({ host: node.host, layout }, { id, label: 's/a' }, times), { code: 'node.unreachable' });
  assert.deepEqual(node.ended, []);
});

test('CR7 a guest that does not obey in its time is ended', async () => {
  const node = openNode([() => undefined]);
  assert.equal(await stopVm({ host: node.host, layout }, { id, label: 's/a' }, { ...times, powerdown: 50 }), 'terminated');
  assert.deepEqual(node.ended, ['0']);
});

test('SC11 a half restored VM is ended without resuming its guest', async () => {
  const node = openNode([closes], gone, 2);
  await stopVm({ host: node.host, layout }, { id, label: 's/a' }, times);
  assert.deepEqual([node.pressed(), node.ended], [0, ['0']]);
});
