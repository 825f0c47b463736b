/** The first line that a guest prints on its serial console, and what is there of a VM before it and after. */
import { open } from 'node:fs/promises';
import type { Client } from '../src/client/client.ts';
import type { LabHost } from '../test/lab/lab.ts';
import { must } from '../test/lab/machine.ts';
import { until } from '../test/support/until.ts';
import { done } from './stage.ts';

/** ms in which a guest speaks, also on a busy machine. */
const bootTime = 60_000;

/** From now on: what it resolves with waits for a whole line more in the file, and resolves with the time of its coming. */
export async function nextLine(file: string): Promise<() => Promise<number>> {
  const handle = await open(file);
  const { size } = await handle.stat();
  return async () => {
    await using _ = handle;
    return await until(
      `a line comes in ${file}`,
      async () => {
        const { buffer, bytesRead } = await handle.read({ buffer: Buffer.alloc(4096), position: size });
        return buffer.subarray(0, bytesRead).includes('\n') ? performance.now() : undefined;
      },
      bootTime,
    );
  };
}

/** ms from the request to start the VM until its guest's first line in the log; resolves once the start is over for Croft too. */
export async function startUntilLine(client: Client, slice: string, vm: string, consoleLog: string): Promise<number> {
  const { sequence } = await client.events.latest();
  const line = await nextLine(consoleLog);
  const start = performance.now();
  const [task, end] = await Promise.all([client.vms.start(slice, vm), line()]);
  await done(client, task, sequence);
  return end - start;
}

/** A stopped VM's ports are taken away by a step of their own, a moment later. */
export async function tapsGone(host: LabHost, taps: readonly string[]): Promise<void> {
  for (const tap of taps) {
    await until(`${tap} is gone`, async () => (await host.exec(['ip', 'link', 'show', tap])).code !== 0 || undefined);
  }
}

/** Taps as a user who starts a VM by hand has made them before; removed at the end of the block. */
export async function makeTaps(host: LabHost, taps: readonly string[]): Promise<AsyncDisposable> {
  for (const tap of taps) await must(host.exec(['ip', 'tuntap', 'add', tap, 'mode', 'tap']), `making ${tap}`);
  return {
    async [Symbol.asyncDispose]() {
      for (const tap of taps) await must(host.exec(['ip', 'link', 'delete', tap]), `removing ${tap}`);
    },
  };
}

/** The run folder of a VM on its host. */
export async function runFolder(host: LabHost, vmId: string): Promise<string> {
  const [folder = ''] = (await must(host.exec(['sh', '-c', 'echo /run/croft/*/vms/"$1"', 'sh', vmId]), 'finding the VM'))
    .trim()
    .split('\n');
  return folder;
}
