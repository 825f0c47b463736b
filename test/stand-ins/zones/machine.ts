/** A machine of illumos, as far as its stand-ins go: a folder of its own, and a host whose programs they are. */
import { spawn } from 'node:child_process';
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Channel, type Connection, exitCode } from '../../../src/host/channel.ts';
import { NodeHost } from '../../../src/host/node-host.ts';
import type { Machine } from './state.ts';

const alone = ['zonecfg', 'zoneadm', 'zfs', 'dladm'];
const small = ['uname', 'svcs', 'pkill', 'bhyvectl', 'nc', 'pagesize', 'isainfo', 'psrinfo'];

export interface StandInMachine extends AsyncDisposable {
  host: NodeHost;
  /** Mount point of the root pool; all that is on the machine lies below it. */
  pool: string;
  /** Where the devices of volumes are. */
  devices: string;
  read(): Promise<Machine>;
  /** Between two programs only. */
  change(change: (machine: Machine) => void): Promise<void>;
}

/** Starts as a machine with one pool, one NIC and no zone. */
export async function openStandIns(): Promise<StandInMachine> {
  const base = await mkdtemp(path.join(tmpdir(), 'croft-zones-'));
  const folders = { state: `${base}/machine`, bin: `${base}/bin`, pool: `${base}/rpool` };
  for (const folder of [`${folders.state}/snapshots`, `${folders.state}/zvol/dsk/rpool`, folders.bin, folders.pool])
    await mkdir(folder, { recursive: true });
  const file = `${folders.state}/machine.json`;
  const machine: Machine = {
    ...{ bootTime: 1_700_000_000, nextId: 1, zones: {}, snapshots: {}, faults: [] },
    datasets: { rpool: { type: 'filesystem', properties: { mountpoint: folders.pool }, volsize: 0, origin: null } },
    links: { e1000g0: { kind: 'phys', over: '', properties: {} } },
  };
  await writeFile(file, JSON.stringify(machine));
  for (const name of alone) await wrap(folders.bin, name, `${import.meta.dirname}/${name}.ts`);
  for (const name of small) await wrap(folders.bin, name, `${import.meta.dirname}/small.ts`, name);
  await copyFile(`${import.meta.dirname}/kstat.sh`, `${folders.bin}/kstat`);
  await chmod(`${folders.bin}/kstat`, 0o755);
  const read = async () => JSON.parse(await readFile(file, 'utf8')) as Machine;
  const host = new NodeHost({ name: 'omni', sudo: false, connect: async () => connection(folders.bin, folders.state) });
  return {
    ...{ host, pool: folders.pool, devices: `${folders.state}/zvol`, read },
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

async function wrap(bin: string, name: string, ...argv: string[]): Promise<void> {
  await writeFile(`${bin}/${name}`, `#!/bin/sh\nexec ${[process.execPath, ...argv].map((word) => `'${word}'`).join(' ')} "$@"\n`);
  await chmod(`${bin}/${name}`, 0o755);
}

/** As a login on this machine, but with the stand-ins before all other programs. */
function connection(bin: string, state: string): Connection {
  const { promise: closed, resolve: close } = Promise.withResolvers<void>();
  const channels = new Set<Channel>();
  const environment = {
    PATH: `${bin}:${path.dirname(process.execPath)}:/usr/bin:/bin`,
    CROFT_STAND_IN: state,
    NODE_COMPILE_CACHE: `${state}/compiled`,
  };
  return {
    closed,
    async open(line) {
      const child = spawn('/bin/sh', ['-c', line], { env: environment, detached: true });
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
