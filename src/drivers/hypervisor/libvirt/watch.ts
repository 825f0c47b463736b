/** libvirt's events about the domains on a node, as they happen. */
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import type { Host, HostProcess } from '../../../host/host.ts';
import { readScript } from '../../../host/script.ts';
import { identifierPattern } from '../../../model/identifier.ts';
import { readVirshEvent } from '../../../tools/virsh.ts';
import type { DriverEvent } from '../driver.ts';
import type { LibvirtOptions } from './identity.ts';

const watchScript = readScript(import.meta.url, 'scripts/watch.sh');

/** ms until a reconnection after libvirt was lost; doubles up to the second value. */
const firstPause = 500;
const longestPause = 30_000;

/** See `NodeHypervisor.watch`. */
export function watchDomains(host: Host, { uri }: LibvirtOptions, onEvent: (event: DriverEvent) => void): AsyncDisposable {
  const over = new AbortController();
  let program: HostProcess | undefined;
  const watching = (async () => {
    for (let pause = firstPause; !over.signal.aborted; pause = Math.min(pause * 2, longestPause)) {
      try {
        program = await host.spawn({ argv: ['sh', '-c', watchScript, 'croft-watch', uri] });
        program.stdin.on('error', () => undefined);
        program.stderr.resume();
        if (over.signal.aborted) await program.kill();
        for await (const line of createInterface({ input: program.stdout })) {
          const event = readEvent(line);
          if (event === null) continue;
          pause = firstPause;
          onEvent(event);
        }
        await program.exited;
      } catch {
        // The node or its libvirt is lost; passes report that.
      }
      await delay(pause, undefined, { signal: over.signal, ref: false }).catch(() => undefined);
    }
  })();
  return {
    async [Symbol.asyncDispose]() {
      over.abort();
      await program?.kill().catch(() => undefined);
      await watching;
    },
  };
}

/** Null for a line that says nothing about a VM, or about a domain that can be no VM. */
export function readEvent(line: string): DriverEvent | null {
  const read = readVirshEvent(line);
  if (read === null || !identifierPattern.test(read.name)) return null;
  const kind = read.event === 'reboot' ? 'rebooted' : read.event === 'lifecycle' ? kindOf(read.detail) : null;
  return kind === null ? null : { vmId: read.name, kind };
}

function kindOf(detail: string): DriverEvent['kind'] | null {
  const [what, why] = detail.split(' ');
  if (what === 'Started') return 'started';
  if (what === 'Suspended') return 'paused';
  if (what === 'Resumed') return 'resumed';
  if (what === 'Crashed') return 'crashed';
  if (what !== 'Stopped') return null;
  return why === 'Crashed' || why === 'Failed' ? 'crashed' : 'stopped';
}
