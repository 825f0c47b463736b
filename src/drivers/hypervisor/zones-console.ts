/** The serial console of a VM in a zone: the zone's own console, which zlogin(1) passes on to whoever has a terminal. */
import type { Duplex } from 'node:stream';
import type { Host, HostProcess } from '../../host/host.ts';
import { CroftError } from '../../model/error.ts';
import type { NodeLayout } from './driver.ts';
import { zonePlaces } from './zones-names.ts';
import { streamOf } from './zones-streams.ts';

/** Exit code of the program where the zone does not run. */
const notRunning = 44;

/**
 * The terminal that zlogin wants, as a program for python3, in which both pkg(7) and the brand bhyve are written, so that a node
 * has it. Arguments: zone, zonepath. zlogin makes its terminal raw, and drops what was typed before, so nothing is typed
 * before that; that it is raw also tells that zoneadmd let it in, which serves one at a time. It is looked whether the zone
 * runs only then: it disconnects when the zone halts (-d), and would stay for ever with one that has already. Its output
 * takes no way through here. It ends with this program, whose input ends with the connection: a terminal that is gone ends it too.
 * Sources: illumos-gate, usr/src/cmd/zlogin/zlogin.c (set_tty_rawmode, doio), usr/src/cmd/zoneadmd/zcons.c (do_console_io).
 */
const terminal = `
import os, select, subprocess, sys, termios, time
zone, path = sys.argv[1:]
master, slave = os.openpty()
login = subprocess.Popen(['zlogin', '-C', '-d', '-E', '-Q', zone], stdin=slave)
while termios.tcgetattr(slave)[3] & termios.ICANON:
    if login.poll() is not None:
        sys.exit(1)
    time.sleep(0.02)
os.close(slave)
listed = subprocess.run(['zoneadm', '-z', zone, 'list', '-p'], stdin=subprocess.DEVNULL, capture_output=True, text=True).stdout
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
 * run, with `conflict.in-use` where somebody else has its console.
 */
export async function openZoneConsole(host: Host, layout: NodeLayout, vmId: string): Promise<Duplex> {
  const { zone, zonepath } = zonePlaces(layout, vmId);
  const program = await host.spawn({ argv: ['python3', '-c', terminal, zone, zonepath] });
  const { code, words } = await opening(program);
  if (code === null) return streamOf(program);
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

/** Resolves with null once it is open, or with the exit code and what was said. */
async function opening({ stderr, exited }: HostProcess): Promise<{ code: number | null; words: string }> {
  let words = '';
  const opened = new Promise<null>((resolve) => {
    stderr.on('data', (chunk: Buffer) => {
      words += chunk.toString();
      if (/^open$/m.test(words)) resolve(null);
    });
  });
  const code = await Promise.race([opened, exited]);
  return { code, words: words.trim() || `exit code ${code}` };
}
