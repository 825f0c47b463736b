import assert from 'node:assert/strict';
import { test } from 'node:test';
import { launch, wantedVm } from '../../../test/support/vm.ts';
import { CroftError } from '../../model/error.ts';
import { planHash, type WantedVm } from '../../model/node/plan.ts';
import type { VmObserved } from '../../model/vm/vm.ts';
import { Recorder, type RecorderOptions } from './recorder.ts';

const now = 1_000_000;
const error = new CroftError('unavailable', 'no room');

/** What of a VM is written by this progress. */
async function observed(tell: (recorder: Recorder) => void): Promise<Partial<VmObserved> | undefined> {
  let written: Partial<VmObserved> | undefined;
  const vms: RecorderOptions['vms'] = {
    observe: async ([change]) => {
      written = change?.observed;
    },
  };
  const options = { node: 'n', vms, journal: { record: () => undefined }, now: () => now } as never as RecorderOptions;
  const recorder = new Recorder(options);
  tell(recorder);
  await recorder.settled();
  return written;
}

test('CR16 a start that failed is counted and waited for by itself, and is no restart', async () => {
  const failed = (vm: WantedVm) => observed((recorder) => recorder.vmFailed(vm, 'disk', error));
  const vm = wantedVm({ restarts: 7 });
  const of = planHash(vm.launch);
  const launchRetry = { failures: 1, at: now + 2_000, of };
  assert.deepEqual(await failed(vm), { reason: 'no room', step: null, launchRetry });
  assert.deepEqual((await failed({ ...vm, launchRetry }))?.launchRetry, { failures: 2, at: now + 5_000, of });
  const often = (await failed({ ...vm, launchRetry: { ...launchRetry, failures: 50 } }))?.launchRetry;
  assert.deepEqual(often, { failures: 51, at: now + 300_000, of });
  const other = launch({ cpus: 8 });
  assert.deepEqual((await failed({ ...vm, launch: other, launchRetry }))?.launchRetry, { ...launchRetry, of: planHash(other) });
});

test('SC11 a change that failed is counted and waited for by itself; a refused size is not offered again', async () => {
  const launchRetry = { failures: 9, at: now, of: planHash(launch()) };
  const vm = wantedVm({ restarts: 7, launchRetry });
  const of = planHash(vm.launch);
  const failed = (rest: Partial<WantedVm>) => observed((recorder) => recorder.vmNotChanged({ ...vm, ...rest }, null, error));
  const changeRetry = { failures: 1, at: now + 5_000, of };
  assert.deepEqual(await failed({}), { reason: 'no room', step: null, changeRetry });
  assert.deepEqual((await failed({ changeRetry }))?.changeRetry, { failures: 2, at: now + 10_000, of });
  const changed = (deferred: string | null) => observed((recorder) => recorder.vmChanged(vm, 'resized', deferred));
  assert.deepEqual(await changed('memory'), { step: null, changeRetry: { failures: 0, at: null, of } });
  assert.deepEqual(await changed(null), { step: null, changeRetry: null });
});

test('CR16 a start that succeeded leaves nothing to be tried again, and restarts as they were counted', async () => {
  const written = await observed((recorder) => recorder.vmStarted(wantedVm({ restarts: 7 })));
  const { restarts, restartAt, launchRetry, changeRetry, diskRetry } = written ?? {};
  assert.deepEqual([restarts, restartAt, launchRetry, changeRetry, diskRetry], [undefined, null, null, null, null]);
});

test('CR6 a guest that was resumed has its waits as they were: its disk may be full again at once', async () => {
  const written = await observed((recorder) => recorder.vmHeld({ id: 'a', label: 's/a' }, false));
  assert.deepEqual(written, { state: 'running', step: null, reason: null });
});

test('CR5 repairs of a router and of ports are told as repairs', () => {
  const messages: string[] = [];
  const journal = { record: ({ message }: { message: string }) => messages.push(message) };
  const options = { node: 'n', sliceName: () => 'hello', journal, now: () => now } as never as RecorderOptions;
  const recorder = new Recorder(options);
  recorder.routerStep('s', 'done', ['no dnsmasq for lan'], 1);
  recorder.portsRepaired(1);
  recorder.portsRepaired(2);
  assert.deepEqual(messages, [
    'router done (repaired: no dnsmasq for lan)',
    'repaired 1 network port that had been changed or removed',
    'repaired 2 network ports that had been changed or removed',
  ]);
});
