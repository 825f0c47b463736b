/**
 * A stand-in for zoneadm(8), for zones of the brand bhyve: list, install, boot, halt and uninstall. Its words are
 * those of sanity_check in illumos-gate, usr/src/cmd/zoneadm/zoneadm.c; what a boot and an install make follows the
 * brand's createzone, boot.py and init in omniosorg/pkg5, src/brand/bhyve.
 */
import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { changeMachine, datasetAt, folder, lives, type Machine, program, Refusal, readMachine, type Zone } from './state.ts';

function stateOf(zone: Zone): string {
  return lives(zone.init) ? 'running' : zone.state;
}

function line(name: string, zone: Zone): string {
  const { zonepath = '', brand = '' } = zone.globals;
  const id = lives(zone.init) ? String(zone.zoneId) : '-';
  return `${[id, name, stateOf(zone), zonepath.replaceAll(':', '\\:'), '', brand, zone.globals['ip-type'] === 'exclusive' ? 'excl' : 'shared'].join(':')}\n`;
}

/** Every refusal names the program and, but for an unknown one, the zone. */
function refuse(name: string, words: string): Refusal {
  return new Refusal(`zoneadm: zone '${name}': ${words}`);
}

function zoneOf(machine: Machine, name: string): Zone {
  const zone = machine.zones[name];
  if (zone === undefined) throw new Refusal(`zoneadm: ${name}: No such zone configured`);
  return zone;
}

/** bhyve's process, which the one that waits for it started. */
function bhyveOf(zone: Zone): number | null {
  if (zone.init === null) return null;
  try {
    const [child] = readFileSync(`/proc/${zone.init}/task/${zone.init}/children`, 'utf8').trim().split(' ');
    return child ? Number(child) : null;
  } catch {
    return null;
  }
}

function install(name: string): string {
  return changeMachine((machine) => {
    const zone = zoneOf(machine, name);
    if (stateOf(zone) === 'installed' || lives(zone.init)) throw refuse(name, 'is already installed.');
    if (zone.state === 'incomplete') throw refuse(name, 'zone is incomplete; uninstall required.');
    const zonepath = zone.globals.zonepath ?? '';
    const parent = datasetAt(machine, zonepath.slice(0, zonepath.lastIndexOf('/')));
    if (parent === null) throw refuse(name, `zonepath ${zonepath} is not on a ZFS file system`);
    if (machine.faults.includes('install')) {
      zone.state = 'incomplete';
      return 'fault';
    }
    machine.datasets[`${parent}/${zonepath.slice(zonepath.lastIndexOf('/') + 1)}`] = {
      type: 'filesystem',
      properties: { mountpoint: zonepath },
      volsize: 0,
      origin: null,
    };
    for (const each of ['dev', 'etc', 'usr', 'sbin', 'lib', 'var/run', 'tmp']) mkdirSync(`${zonepath}/root/${each}`, { recursive: true });
    zone.state = 'installed';
    return '';
  });
}

function uninstall(name: string, flags: string[]): string {
  if (flags.join() !== '-F') throw refuse(name, 'Input not from terminal and -F not specified: not uninstalling');
  return changeMachine((machine) => {
    const zone = zoneOf(machine, name);
    if (lives(zone.init)) throw refuse(name, 'uninstall operation is invalid for running zones.');
    if (zone.state === 'configured') throw refuse(name, `is already in state 'configured'.`);
    const zonepath = zone.globals.zonepath ?? '';
    const dataset = datasetAt(machine, zonepath);
    if (dataset !== null && machine.datasets[dataset]?.properties.mountpoint === zonepath) delete machine.datasets[dataset];
    rmSync(zonepath, { recursive: true, force: true });
    zone.state = 'configured';
    return '';
  });
}

/** Runs bhyve, and then notes how it ended, as the older brand's init does. */
const init = 'node "$1" "$2" "$3"; code=$?; [ "$code" -le 128 ] || code=-$((code - 128)); echo "INFO:root:Bhyve exited $code"';

function boot(name: string): string {
  return changeMachine((machine) => {
    const zone = zoneOf(machine, name);
    if (zone.state !== 'installed') throw refuse(name, 'must be installed before boot.');
    if (lives(zone.init)) return '';
    for (const { kind, properties } of zone.resources) {
      const { special = '', physical = '', match = '' } = properties;
      if (kind === 'fs' && !existsSync(special))
        throw new Refusal(
          `could not verify fs ${properties.dir}: could not access ${special}: No such file or directory\nzoneadm: zone ${name} failed to verify`,
        );
      if (kind === 'net' && machine.links[physical] === undefined)
        throw refuse(name, `failed to add network device '${physical}': object not found`);
      const volume = match.replace('/dev/zvol/rdsk/', '');
      if (kind === 'device' && machine.datasets[volume]?.type !== 'volume') throw refuse(name, `no device ${match}`);
    }
    const root = `${zone.globals.zonepath}/root`;
    const log = openSync(`${root}/tmp/init.log`, 'w');
    const fault = machine.faults.find((each) => ['bhyve', 'disk', `deaf ${name}`].includes(each)) ?? '';
    const child = spawn('/bin/sh', ['-c', init, 'init', `${import.meta.dirname}/bhyve.ts`, `${root}/tmp`, fault], {
      detached: true,
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    child.unref();
    machine.nextId += 1;
    Object.assign(zone, { init: child.pid ?? null, zoneId: machine.nextId });
    return '';
  });
}

/** Ends bhyve, which the process that waits for it survives just long enough to note that. */
async function halt(name: string): Promise<string> {
  const zone = zoneOf(readMachine(), name);
  if (readMachine().faults.includes('halt'))
    throw refuse(name, `unable to unmount file systems in zone\nzoneadm: zone '${name}': unable to destroy zone`);
  while (lives(zone.init)) {
    const bhyve = bhyveOf(zone);
    if (bhyve !== null && lives(bhyve)) process.kill(bhyve, 'SIGKILL');
    await delay(10);
  }
  return '';
}

async function wait(name: string): Promise<string> {
  const socket = `${zoneOf(readMachine(), name).globals.zonepath}/root/dev/zconsole`;
  while (lives(zoneOf(readMachine(), name).init) && !existsSync(socket)) await delay(10);
  return '';
}

await program(async (argv) => {
  if (!existsSync(folder)) throw new Refusal('zoneadm: the machine is gone');
  if (argv[0] === 'list') {
    const flags = argv.slice(1).join('');
    if (!/^-(cp?|p?c)$/.test(flags)) throw new Refusal('usage:\tlist [-cinpv]', 2);
    const zones = Object.entries(readMachine().zones);
    return flags.includes('p')
      ? `0:global:running:/::ipkg:shared\n${zones.map(([name, zone]) => line(name, zone)).join('')}`
      : `global\n${zones.map(([name]) => `${name}\n`).join('')}`;
  }
  const [flag, name = '', command = '', ...rest] = argv;
  if (flag !== '-z') throw new Refusal('usage:\tzoneadm help', 2);
  if (command === 'list' && rest.join() === '-p') return line(name, zoneOf(readMachine(), name));
  if (command === 'install' && rest.length === 0) {
    if (install(name) !== '') throw refuse(name, `'/usr/lib/brand/bhyve/createzone' failed with exit code 254.`);
    return `A ZFS file system has been created for this zone.\n`;
  }
  if (command === 'uninstall') return uninstall(name, rest);
  if (command === 'boot' && rest.length === 0) return boot(name) + (await wait(name));
  if (command === 'halt' && rest.length === 0) return await halt(name);
  throw new Refusal(`zoneadm: unknown command ${command}`, 2);
});
