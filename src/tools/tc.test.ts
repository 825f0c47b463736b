import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CroftError } from '../model/error.ts';
import type { Impairment } from '../model/network/impairment.ts';
import { changeQueues, impairLine, noQueue, parseQueues, queueOf } from './tc.ts';

const none: Impairment = { delay: null, jitter: null, loss: null, rate: null };

test('CR11 a rate alone is a token bucket, and all else netem', () => {
  assert.match(
    impairLine('ct1', { ...none, rate: 2e6 }),
    /^qdisc replace dev ct1 root handle [45][0-9a-f]{3}: tbf rate 2000000bit burst 16384 latency 100ms$/,
  );
  assert.match(impairLine('ct1', { ...none, rate: 10e9 }), / tbf rate 10000000000bit burst 12500000 latency 100ms$/);
  assert.match(
    impairLine('ct1', { delay: 20_000, jitter: 5000, loss: 0.5, rate: 10e6 }),
    /^qdisc replace dev ct1 root handle [23][0-9a-f]{3}: netem delay 20000us 5000us loss 0.5% rate 10000000bit limit 105$/,
  );
  assert.match(impairLine('ct1', { ...none, loss: 1 }), / netem loss 1% limit 8334$/);
});

test('CR11 the queue that is in force tells which impairment it makes', () => {
  const slow = queueOf({ ...none, rate: 2e6 });
  assert.notEqual(slow, queueOf({ ...none, rate: 3e6 }));
  assert.equal(queueOf(null), noQueue);
  const rows = [
    { kind: 'tbf', handle: slow.split(' ')[1], dev: 'ct1', root: true, options: { rate: 250000 } },
    { kind: 'pfifo_fast', handle: '0:', dev: 'ct2', root: true },
    { kind: 'netem', handle: '10:', dev: 'ct3', parent: '1:1' },
  ];
  assert.deepEqual([...parseQueues(JSON.stringify(rows))], [['ct1', slow]]);
  assert.deepEqual([...parseQueues('\n')], []);
});

test('CR11 a kernel without netem is distinguished from other failures by the line that failed', () => {
  const failure = (line: string, stderr: string): CroftError => {
    try {
      changeQueues('network.port', 'ports ct1 could not be impaired', 'n1', [line]).parse({ code: 1, stdout: '', stderr });
    } catch (thrown) {
      return thrown as CroftError;
    }
    return assert.fail('no error');
  };
  const stderr = 'Error: Specified qdisc kind is unknown.\nCommand failed -:1\n';
  const missing = failure(impairLine('ct1', { ...none, loss: 1 }), stderr);
  assert.equal(missing.code, 'network.port');
  assert.match(missing.message, /on node n1 in "tc qdisc replace dev ct1 .*": tc said: Error: Specified qdisc kind is unknown\.$/);
  assert.match(missing.hint ?? '', /sch_netem/);
  assert.equal(failure(impairLine('ct1', { ...none, rate: 2e6 }), stderr).hint, undefined);
});
