/** The serial console of a VM in a zone: the zone's own console, which zlogin(1) passes on to whoever has a terminal. */
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { Host, HostProcess } from '../../../host/host.ts';
import { CroftError } from '../../../model/error.ts';
import type { NodeLayout } from '../driver.ts';
import { zonePlaces } from './names.ts';
import { streamOf } from './streams.ts';

/** Exit codes of the program: the zone does not run; zlogin was not let in in time. */
const notRunning = 44;
const tooLate = 45;

/**
 * The terminal that zlogin wants, as a program for python3, in which both pkg(7) and the brand bhyve are written, so that a node
 * has it. Arguments: zone, zonepath, seconds for it to be open. zlogin makes its terminal raw, and drops what was typed before, so nothing is typed
 * before that; that it is raw also tells that zoneadmd let it in, which serves one at a time. It is looked whether the zone
 * runs only then: it disconnects when the zone halts (-d), and would stay for ever with one that has already. Its output
 * takes no way through here. It ends with this program, whose input ends with the connection: a terminal that is gone ends it too.
 * Sources: illumos-gate, usr/src/cmd/zlogin/zlogin.c (set_tty_rawmode, doio), usr/src/cmd/zoneadmd/zcons.c (do_console_io).
 */
const terminal = `
import os, select, subprocess, sys, termios, time
zone, path, within = sys.argv[1:]
limit = time.monotonic() + float(within)
master, slave = os.openpty()
login = subprocess.Popen(['zlogin', '-C', '-d', '-E', '-Q', zone], stdin=slave)
while termios.tcgetattr(slave)[3] & termios.ICANON:
    if login.poll() is not None:
        sys.exit(1)
    if time.monotonic() > limit:
        login.kill()
        sys.exit(${tooLate})
    time.sleep(0.02)
os.close(slave)
try:
    look = ['zoneadm', '-z', zone, 'list', '-p']
    left = max(limit - time.monotonic(), 0.1)
    listed = subprocess.run(look, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=left).stdout
except subprocess.TimeoutExpired:
    login.kill()
    sys.exit(${tooLate})
if ':%s:running:%s:' % (zone, path) not in listed:
    login.terminate()
    sys.exit(${notRunning})
print('open', file=sys.stderr, flush=True)
os.set_blocking(master, False)
typed = b''
poll = select.poll()
while login.poll() is None:
    poll.register(0, 0 if typed else select.POLLIN)
    poll.register(master, select.POLLOUT if typed else 0)
    ready = dict(poll.poll(500))
    if ready.get(master, 0) & select.POLLOUT:
        typed = typed[os.write(master, typed):]
    elif ready.get(0, 0) & select.POLLIN:
        typed = os.read(0, 1024)
        if not typed:
            break
    elif 0 in ready:
        break
login.terminate()
login.wait()
`;

/**
 * What was printed while nobody was connected is lost: zoneadmd keeps nothing. Rejects with `not-found` where the VM does not
 * run, with `conflict.in-use` where somebody else has its console, with `command.timeout` where it is not open in time, and as the
 * signal says once that is aborted.
 */
export async function openZoneConsole(host: Host, layout: NodeLayout, vmId: string, { within, signal }: Opening): Promise<Duplex> {
  const { zone, zonepath } = zonePlaces(layout, vmId);
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
    throw new CroftError('not-found', `VM ${vmId} does not run on ${host.name}`, { node: host.name });
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
  /** ms until it must be open. */
  within: number;
  /** Aborted once nobody waits for it any more. */
  signal?: AbortSignal | undefined;
}

/** What the program has beyond its own limit before it is ended from here, in ms: the way to the node may be slow, or lost. */
const grace = 5_000;

/** Resolves with null once it is open, or with the exit code and what was said. Where neither comes the program is killed. */
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
