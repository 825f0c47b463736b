/**
 * A stand-in for zlogin(1) with -C, and for zoneadmd, which passes the console of a zone on to one client at a time. What it
 * wants, drops and says follows illumos-gate, usr/src/cmd/zlogin/zlogin.c and usr/src/cmd/zoneadmd/zcons.c.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { isatty } from 'node:tty';
import { parseArgs } from 'node:util';
import { changeMachine, folder, lives, program, Refusal, readMachine } from './state.ts';

const usage = 'usage: zlogin [ -dnQCES ] [ -e cmdchar ] [-l user] zonename [command [args ...] ]';

/** Of all that zlogin makes of its terminal; what was typed before is dropped. */
const makeRaw = 'import termios, tty; tty.setraw(0, termios.TCSAFLUSH)';

function readArguments(argv: string[]): { zone: string; disconnects: boolean } {
  const flag = (short: string) => ({ type: 'boolean', short }) as const;
  try {
    const options = { C: flag('C'), d: flag('d'), E: flag('E'), Q: flag('Q') };
    const { positionals, values } = parseArgs({ args: argv, allowPositionals: true, options });
    const [zone] = positionals;
    if (values.C !== true || values.E !== true || values.Q !== true || zone === undefined || positionals.length > 1)
      throw new Refusal('zlogin: only a quiet console without escapes is known here', 2);
    return { zone, disconnects: values.d === true };
  } catch (thrown) {
    throw thrown instanceof Refusal ? thrown : new Refusal(usage, 2);
  }
}

/** Takes the one place at the zone's console, which is free again once its holder is gone. */
function occupy(zone: string): void {
  const file = `${folder}/console-${zone}`;
  changeMachine((machine) => {
    const state = machine.zones[zone]?.state;
    if (state === undefined) throw new Refusal(`zlogin: zone '${zone}' unknown`);
    if (state !== 'installed') throw new Refusal(`zlogin: cannot login to a zone which is '${state}'`);
    const holder = existsSync(file) ? Number(readFileSync(file, 'utf8')) : null;
    if (lives(holder)) throw new Refusal(`zlogin: Console is already in use by process ID ${holder}.`);
    writeFileSync(file, String(process.pid));
  });
}

/** Null where the zone does not run: then there is no output and no answer. */
async function consoleOf(zone: string): Promise<Socket | null> {
  const { init = null, globals } = readMachine().zones[zone] ?? {};
  if (!lives(init)) return null;
  const socket = connect(`${globals?.zonepath}/root/dev/zconsole`);
  return await new Promise((resolve) => socket.once('connect', () => resolve(socket)).once('error', () => resolve(null)));
}

await program(async (argv) => {
  const { zone, disconnects } = readArguments(argv);
  // A busy zoneadmd accepts no connection, and answers nothing.
  while (readMachine().faults.includes('console')) await delay(20);
  occupy(zone);
  if (!isatty(0))
    throw new Refusal(
      'zlogin: failed to get user terminal settings: Inappropriate ioctl for device\nzlogin: failed to set stdin pty to raw mode',
    );
  execFileSync('python3', ['-c', makeRaw], { stdio: 'inherit' });
  const zoneConsole = await consoleOf(zone);
  await new Promise<void>((resolve) => {
    for (const end of ['end', 'close', 'error'] as const) process.stdin.once(end, () => resolve());
    process.stdin.on('data', (typed) => zoneConsole?.write(typed));
    zoneConsole?.on('data', (said) => process.stdout.write(said));
    zoneConsole?.once('close', () => {
      process.stdout.write(`\r\n[NOTICE: Zone halted${disconnects ? '.  Disconnecting...' : ''}]\r\n`, () => disconnects && resolve());
    });
  });
  process.exit();
});
