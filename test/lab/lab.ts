/** A lab: hosts on one machine, each with namespaces, sshd and Open vSwitch of its own, joined by a VLAN trunk. */
import { chmod, mkdir, readdir, readFile, readlink, rm, rmdir, symlink, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { stringify } from 'yaml';
import type { NodeConfigInput } from '../../src/model/node/node.ts';
import { until } from '../support/until.ts';
import { makeClientKey, makeHostKey, sshdConfiguration } from './login.ts';
import { killMachines, type Ran, run, runInside, runningMachines, startMachine } from './machine.ts';
import { type HostSnapshot, parseSnapshot, snapshotScript } from './snapshot.ts';
import {
  connectController,
  connectHost,
  connectInternet,
  controllerInterface,
  type LabAddresses,
  labAddresses,
  labNumbers,
  switchManagement,
} from './wiring.ts';

/** One folder for all labs, so that `down` finds what a lab left that was killed. Survives a power cut of a host. */
const labsFolder = '/var/lib/croft-lab';

export interface LabHost {
  name: string;
  address: string;
  port: number;
  /** Root's private key, the same for all hosts; `operator`, who must use sudo, has it too. */
  keyFile: string;
  /** SHA256:… fingerprint of the host's key. */
  hostKey: string;
  /** Runs a program on the host as root, not by way of SSH. */
  exec(argv: readonly string[], stdin?: string): Promise<Ran>;
  /** Cuts the power: every process, interface, namespace and file in /run is gone at once, /var/lib/croft stays. */
  kill(): Promise<void>;
  /** Starts the lab again after `kill`, with another boot id; resolves when sshd and Open vSwitch answer. */
  boot(): Promise<void>;
  /** Pulls the management cable: SSH hangs, running programs continue. */
  cut(): Promise<void>;
  join(): Promise<void>;
}

export interface Lab extends AsyncDisposable {
  name: string;
  folder: string;
  /** YAML list of NodeConfigInput, for `croft node add -f`. */
  nodesFile: string;
  hosts: LabHost[];
  /** Address of a host outside: HTTP on port 80 answers `hello ADDRESS` with the client's address; TCP port 7 echoes. */
  internet: string;
  snapshot(host: LabHost): Promise<HostSnapshot>;
  /** Ends all its machines and removes its folder. */
  stop(): Promise<void>;
}

export interface LabOptions {
  /** 1 to 9. */
  hosts: number;
  /** At most 7 letters and digits, part of every name that the lab has outside its namespaces; made up where absent. */
  name?: string;
  /** Whether the lab keeps running when this process has ended; false where absent. */
  outlive?: boolean;
}

/** Starts a lab; undone completely where it fails. Rejects when a lab of that name runs. */
export async function startLab(options: LabOptions): Promise<Lab> {
  const name = options.name ?? `t${Math.random().toString(36).slice(2, 8)}`;
  if (!/^[a-z][a-z0-9]{0,6}$/.test(name))
    throw new Error(`lab name ${JSON.stringify(name)}: must be 1 to 7 of a-z and 0-9, a letter first`);
  if (!(Number.isInteger(options.hosts) && options.hosts >= 1 && options.hosts <= 9)) throw new Error('a lab has 1 to 9 hosts');
  if (process.getuid?.() !== 0) throw new Error('a lab needs root: it makes network namespaces');
  if ((await runningMachines(name)).size > 0) {
    throw new Error(`lab ${name} runs already, or a part of it does: \`npm run lab -- down --name ${name}\` ends it`);
  }
  await stopLab(name);
  try {
    return await bringUp(name, options.hosts, options.outlive ?? false);
  } catch (error) {
    await stopLab(name);
    throw error;
  }
}

/** Ends everything of a lab that there is, whole or in parts, and removes its files. True when there was something. */
export async function stopLab(name: string): Promise<boolean> {
  const ran = (await runningMachines(name)).size > 0;
  await killMachines(name);
  // The kernel takes a dead namespace's interfaces down a moment after its last process.
  await until(`${controllerInterface(name)} is gone`, async () => {
    const { code } = await run(['ip', 'link', 'show', controllerInterface(name)]);
    return code !== 0 || undefined;
  });
  const claims = await claimsOf(name);
  for (const claim of claims) await rm(`${labsFolder}/${claim}`, { force: true });
  await rm(`${labsFolder}/${name}`, { recursive: true, force: true });
  await rmdir(labsFolder).catch(() => {
    // Other labs have their files there, or it is gone.
  });
  return ran || claims.length > 0;
}

/** The names of all labs that run or left files. */
export async function listLabs(): Promise<string[]> {
  const entries = await readdir(labsFolder).catch(() => []);
  return entries.filter((entry) => !entry.startsWith('subnet-')).sort();
}

async function bringUp(name: string, count: number, outlive: boolean): Promise<Lab> {
  const addresses = labAddresses(await claimNumber(name));
  const folder = `${labsFolder}/${name}`;
  const keyFile = await makeClientKey(folder);
  const start = (machine: string, program: readonly string[], machineFolder: string) =>
    startMachine({ lab: name, machine }, program, { folder: machineFolder, logFile: `${machineFolder}/console.log`, outlive });

  await mkdir(`${folder}/switch`);
  const switchPid = await start('switch', [new URL('boot-switch.sh', import.meta.url).pathname], `${folder}/switch`);
  await until('the switch has its bridges', async () => {
    const { code } = await run(['nsenter', `--net=/proc/${switchPid}/ns/net`, 'sh', '-c', 'ip -br link show up | grep -q ^trunk']);
    return code === 0 || undefined;
  });
  await connectController(name, switchPid, addresses);

  await mkdir(`${folder}/internet`);
  const internetPid = await start('internet', internetProgram(), `${folder}/internet`);
  await connectInternet(switchPid, internetPid, addresses);

  const hosts = await Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const host = await makeHost({ name: `lab${index + 1}`, address: addresses.host(index + 1), folder, keyFile });
      return labHost(name, host, keyFile, addresses, switchPid, () => start(host.name, hostProgram, host.folder));
    }),
  );
  await Promise.all(hosts.map((host) => host.boot()));

  const nodesFile = `${folder}/nodes.yaml`;
  await writeFile(nodesFile, stringify(hosts.map(nodeConfig)));
  const stop = async () => {
    await stopLab(name);
  };
  return { name, folder, nodesFile, hosts, internet: addresses.internet, snapshot, stop, [Symbol.asyncDispose]: stop };
}

const hostProgram = [new URL('boot-host.sh', import.meta.url).pathname];

function internetProgram(): string[] {
  return [process.execPath, new URL('internet.ts', import.meta.url).pathname];
}

interface HostFiles {
  name: string;
  address: string;
  folder: string;
  hostKey: string;
}

async function makeHost(options: { name: string; address: string; folder: string; keyFile: string }): Promise<HostFiles> {
  const folder = `${options.folder}/${options.name}`;
  await mkdir(`${folder}/disk`, { recursive: true });
  await chmod(folder, 0o755);
  const hostKey = await makeHostKey(folder);
  await writeFile(`${folder}/sshd_config`, sshdConfiguration(folder, options.keyFile));
  return { name: options.name, address: options.address, folder, hostKey };
}

function labHost(
  lab: string,
  host: HostFiles,
  keyFile: string,
  addresses: LabAddresses,
  switchPid: number,
  start: () => Promise<number>,
): LabHost {
  const firstProcess = async () => {
    const pid = (await runningMachines(lab)).get(host.name);
    if (pid === undefined) throw new Error(`${host.name} of lab ${lab} does not run`);
    return pid;
  };
  return {
    name: host.name,
    address: host.address,
    port: 22,
    keyFile,
    hostKey: host.hostKey,
    exec: async (argv, stdin) => runInside(await firstProcess(), argv, stdin),
    kill: () => killMachines(lab, host.name),
    boot: async () => {
      const pid = await start();
      await connectHost(switchPid, pid, host.name, host.address, addresses.gateway);
      await until(`sshd of ${host.name} answers`, async () => {
        if (!(await runningMachines(lab)).has(host.name)) {
          throw new Error(`${host.name} ended while it booted: ${await readFile(`${host.folder}/console.log`, 'utf8')}`);
        }
        return (await answers(host.address, 22)) || undefined;
      });
    },
    cut: () => switchManagement(switchPid, host.name, 'down'),
    join: () => switchManagement(switchPid, host.name, 'up'),
  };
}

async function snapshot(host: LabHost): Promise<HostSnapshot> {
  const { stdout } = await host.exec(['sh', '-c', snapshotScript]);
  return parseSnapshot(stdout);
}

function nodeConfig(host: LabHost): NodeConfigInput {
  const { name, address, port, keyFile, hostKey } = host;
  return { name, ssh: { address, port, user: 'root', keyFile, hostKey }, uplink: 'trunk0' };
}

/** Takes the first free lab number. The symbolic link is made or refused in one step, so two labs never share one. */
async function claimNumber(name: string): Promise<number> {
  await mkdir(`${labsFolder}/${name}`, { recursive: true });
  for (let number = 0; number < labNumbers; number++) {
    try {
      await symlink(name, `${labsFolder}/subnet-${number}`);
      return number;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
  throw new Error(`all ${labNumbers} lab subnets are taken: \`npm run lab -- status\` lists the labs`);
}

async function claimsOf(name: string): Promise<string[]> {
  const entries = await readdir(labsFolder).catch(() => []);
  const claims: string[] = [];
  for (const entry of entries) {
    if (entry.startsWith('subnet-') && (await readlink(`${labsFolder}/${entry}`).catch(() => null)) === name) claims.push(entry);
  }
  return claims;
}

/** Whether something greets on a TCP port, as sshd does. */
function answers(address: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port, timeout: 1000 });
    const end = (result: boolean) => {
      socket.destroy();
      resolve(result);
    };
    socket.once('data', () => end(true));
    socket.once('error', () => end(false));
    socket.once('timeout', () => end(false));
    socket.once('close', () => end(false));
  });
}
