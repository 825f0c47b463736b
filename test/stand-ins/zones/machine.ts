/** A machine of illumos, as far as its stand-ins go: a folder of its own, and a host whose programs they are. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Channel, type Connection, exitCode } from '../../../src/host/channel.ts';
import { NodeHost } from '../../../src/host/node-host.ts';
import { type Machine, readState } from './state.ts';

const alone = ['zonecfg', 'zoneadm', 'zlogin', 'zfs', 'dladm'];
const small = ['svcs', 'svcadm', 'pkg', 'pkill', 'bhyvectl', 'nc', 'pagesize', 'isainfo', 'psrinfo'];

const ksh = '/usr/bin/ksh93';
const absent = ['flock'];

export interface StandInMachine extends AsyncDisposable {
  host: NodeHost;
  /** Mount point of the root pool; all that is on the machine lies below it. */
  pool: string;
  /** Where the devices of volumes are. */
  devices: string;
  read(): Promise<Machine>;
  /** Loses the connection: all streams of it are closed, and nothing is killed. The next use reconnects. */
  cut(): void;
  /** Until the package that it belongs to is installed. */
  takeAway(program: string): Promise<void>;
  /** Between two programs only. */
  change(change: (machine: Machine) => void): Promise<void>;
}

/** Starts as a machine with one pool, one NIC and no zone. */
export async function openStandIns(): Promise<StandInMachine> {
  const base = await mkdtemp(path.join(tmpdir(), 'croft-zones-'));
  const { file, bin, state, pool } = await layOut(base, { seenAt: base, programs: import.meta.dirname, link: 'e1000g0' });
  const read = async () => readState(await readFile(file, 'utf8'));
  let login: Connection | null = null;
  const connect = async () => {
    login = connection(bin);
    return login;
  };
  const host = new NodeHost({ name: 'omni', sudo: false, connect });
  return {
    ...{ host, pool, devices: `${state}/zvol`, read, cut: () => login?.end() },
    takeAway: (program) => rename(`${bin}/${program}`, `${state}/away/${program}`),
    async change(change) {
      const now = await read();
      change(now);
      await writeFile(file, JSON.stringify(now));
    },
    async [Symbol.asyncDispose]() {
      await host.close();
      await rm(base, { recursive: true, force: true });
    },
  };
}

export interface LayOutOptions {
  /** Where the folder is for the programs. */
  seenAt: string;
  /** Where the stand-ins' sources are for them. */
  programs: string;
  /** The machine's one NIC. */
  link: string;
  /** Node.js, as they see it. */
  node?: string;
}

/** Makes the programs and what they know of their machine in a folder. The paths that it resolves with are those that they see. */
export async function layOut(base: string, { seenAt, programs, link, node = process.execPath }: LayOutOptions) {
  const [state, bin, pool] = [`${seenAt}/machine`, `${seenAt}/bin`, `${seenAt}/rpool`];
  for (const folder of ['machine/snapshots', 'machine/away', 'machine/zvol/dsk/rpool', 'bin', 'rpool'])
    await mkdir(`${base}/${folder}`, { recursive: true });
  const machine: Machine = {
    ...{ bootTime: 1_700_000_000, nextId: 1, zones: {}, snapshots: {}, faults: [] },
    datasets: { rpool: { type: 'filesystem', properties: { mountpoint: pool }, volsize: 0, origin: null } },
    links: { [link]: { kind: 'phys', over: '', properties: {} } },
  };
  const file = `${base}/machine/machine.json`;
  await writeFile(file, JSON.stringify(machine));
  const wrap = async (name: string, ...argv: string[]): Promise<void> => {
    const environment = `CROFT_STAND_IN='${state}' NODE_COMPILE_CACHE='${state}/compiled' PATH="${path.dirname(node)}:$PATH"`;
    const words = argv.map((word) => `'${word}'`).join(' ');
    await writeFile(`${base}/bin/${name}`, `#!/bin/sh\n${environment} exec ${words} "$@"\n`);
    await chmod(`${base}/bin/${name}`, 0o755);
  };
  for (const name of alone) await wrap(name, node, `${programs}/${name}.ts`);
  for (const name of small) await wrap(name, node, `${programs}/small.ts`, name);
  for (const name of ['kstat', 'uname']) await wrap(name, '/bin/sh', `${programs}/${name}.sh`);
  // What illumos lacks, and this machine has.
  for (const name of absent) await wrap(name, '/bin/sh', '-c', 'exit 127');
  // What sh is on illumos. It differs from others where scripts rarely look: it keeps what it has open from its children.
  if (existsSync(ksh)) await symlink(ksh, `${base}/bin/sh`);
  return { file, bin, state, pool };
}

/** As a login on this machine, but with the stand-ins before all other programs. */
function connection(bin: string): Connection {
  const { promise: closed, resolve: close } = Promise.withResolvers<void>();
  const channels = new Set<Channel>();
  return {
    closed,
    async open(line) {
      const child = spawn('/bin/sh', ['-c', line.replace('exec /bin/sh', 'exec sh')], {
        env: { PATH: `${bin}:/usr/bin:/bin` },
        detached: true,
      });
      const { promise: ended, resolve } = Promise.withResolvers<number | null>();
      child.once('close', (code, signal) => resolve(exitCode(code, signal)));
      child.once('error', () => resolve(null));
      const destroy = () => {
        resolve(null);
        for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
      };
      const channel = { stdin: child.stdin, stdout: child.stdout, stderr: child.stderr, ended, destroy };
      channels.add(channel);
      return channel;
    },
    socket: () => Promise.reject(new Error('a zone cannot be reached through the login')),
    end() {
      for (const channel of channels) channel.destroy();
      close();
    },
  };
}
