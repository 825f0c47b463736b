/** The serial console of a VM in a zone: the zone's own console, which zlogin(1) connects to a terminal. */
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { HostProcess } from '../../../host/host.ts';
import { readScript } from '../../../host/script.ts';
import { CroftError } from '../../../model/error.ts';
import type { NodeReach, VmReference } from '../driver.ts';
import { zonePlaces } from './names.ts';
import { streamOf } from './streams.ts';

/** Exit codes of the program: the zone does not run; zlogin was not connected in time. */
const notRunning = 44;
const tooLate = 45;

const terminal = readScript(import.meta.url, 'scripts/terminal.py');

/**
 * Output while no client is connected is lost: zoneadmd keeps nothing. Rejects with `not-found` where the VM does not run, with
 * `conflict.in-use` where another client has its console, with `command.timeout` where the console is not open in time, and with the
 * signal's reason once that is aborted.
 */
export async function openZoneConsole(node: NodeReach, vm: VmReference, { within, signal }: Opening): Promise<Duplex> {
  const { host, layout } = node;
  const { zone, zonepath } = zonePlaces(layout, vm.id);
  const program = await host.spawn({ argv: ['python3', '-c', terminal, zone, zonepath, String(within / 1000)] });
  const { code, words } = await opening(program, { within: within + grace, signal });
  if (code === null) return streamOf(program);
  if (code === tooLate) {
    throw new CroftError('command.timeout', `the console of the zone ${zone} on ${host.name} was not open within ${within / 1000} s`, {
      hint: `Look on ${host.name} what it waits for: zlogin -C ${zone}`,
      node: host.name,
    });
  }
  if (code === notRunning || /unknown|cannot login to a zone/.test(words)) {
    throw new CroftError('not-found', `VM ${vm.label} does not run on ${host.name}`, { node: host.name });
  }
  const holder = /already in use by process ID (\d+)/.exec(words)?.[1];
  if (holder !== undefined) {
    throw new CroftError('conflict.in-use', `somebody else has the console of the zone ${zone} on ${host.name}: process ${holder}`, {
      hint: `Look at it on ${host.name} (ps -fp ${holder}), and end it where nobody needs it.`,
      node: host.name,
    });
  }
  throw new CroftError('command.failed', `the console of the zone ${zone} on ${host.name} cannot be opened: ${words}`, { node: host.name });
}

export interface Opening {
  /** ms until the console must be open. */
  within: number;
  /** Aborted once the caller no longer waits. */
  signal?: AbortSignal | undefined;
}

/**
 * The extra time of the program beyond its own limit before it is ended from here, in ms: the connection to the node may be slow, or
 * lost.
 */
const grace = 5_000;

/** Resolves with null once the console is open, or with the exit code and the output. Where neither comes the program is killed. */
async function opening(program: HostProcess, { within, signal }: Opening): Promise<{ code: number | null; words: string }> {
  const { stderr, exited } = program;
  const done = new AbortController();
  const late = delay(within, tooLate, { signal: done.signal }).catch(() => tooLate);
  const unwanted = Promise.withResolvers<never>();
  const leave = (): void => unwanted.reject(signal?.reason);
  signal?.addEventListener('abort', leave, { once: true });
  if (signal?.aborted) leave();
  let words = '';
  const opened = new Promise<null>((resolve) => {
    stderr.on('data', (chunk: Buffer) => {
      words += chunk.toString();
      if (/^open$/m.test(words)) resolve(null);
    });
  });
  let isOpen = false;
  try {
    const code = await Promise.race([opened, exited, late, unwanted.promise]);
    isOpen = code === null;
    return { code, words: words.trim() || `exit code ${code}` };
  } finally {
    done.abort();
    signal?.removeEventListener('abort', leave);
    if (!isOpen) program.kill().catch(() => undefined);
  }
}
