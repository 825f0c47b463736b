/** What the stand-ins of illumos programs know of their machine: one file, changed under a lock. */
import { mkdirSync, readFileSync, renameSync, rmdirSync, writeFileSync } from 'node:fs';

export interface Resource {
  kind: 'attr' | 'net' | 'device' | 'fs';
  properties: Record<string, string>;
  options: string[];
}

export interface Zone {
  globals: Record<string, string>;
  resources: Resource[];
  /** Running is read from its process. */
  state: 'configured' | 'incomplete' | 'installed';
  zoneId: number;
  /** The process that waits for bhyve's end; null where none does. */
  init: number | null;
}

export interface Dataset {
  type: 'filesystem' | 'volume';
  properties: Record<string, string>;
  volsize: number;
  origin: string | null;
}

export interface Snapshot {
  properties: Record<string, string>;
  volsize: number;
  /** File with the content of a volume. */
  content: string | null;
  deferred: boolean;
}

export interface Machine {
  bootTime: number;
  nextId: number;
  zones: Record<string, Zone>;
  datasets: Record<string, Dataset>;
  snapshots: Record<string, Snapshot>;
  /** Links: what they lie over, empty for hardware and etherstubs. */
  links: Record<string, { kind: 'phys' | 'etherstub' | 'vnic'; over: string; properties: Record<string, string> }>;
  /** Faults that a test asked for. */
  faults: string[];
}

export const folder = process.env.CROFT_STAND_IN ?? '';
const file = `${folder}/machine.json`;

export function readMachine(): Machine {
  return readState(readFileSync(file, 'utf8'));
}

/**
 * What the file says, with what zoneadmd has done since: whenever a zone ends it clears the protection of its links. Source:
 * remove_datalink_protect in illumos-gate, usr/src/cmd/zoneadmd/vplat.c.
 */
export function readState(text: string): Machine {
  const machine = JSON.parse(text) as Machine;
  for (const zone of Object.values(machine.zones)) {
    if (zone.init === null || lives(zone.init)) continue;
    zone.init = null;
    for (const { kind, properties } of zone.resources) {
      const link = kind === 'net' ? machine.links[properties.physical ?? ''] : undefined;
      delete link?.properties.protection;
      delete link?.properties['allowed-ips'];
    }
  }
  return machine;
}

/** Changes the machine; what throws changes nothing. */
export function changeMachine<T>(change: (machine: Machine) => T): T {
  const lock = `${folder}/lock`;
  for (;;) {
    try {
      mkdirSync(lock);
      break;
    } catch {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
  try {
    const machine = readMachine();
    const result = change(machine);
    writeFileSync(`${file}.new`, JSON.stringify(machine));
    renameSync(`${file}.new`, file);
    return result;
  } finally {
    rmdirSync(lock);
  }
}

/** Ends the program as one that refuses: with its words and an exit code. */
export class Refusal extends Error {
  readonly code: number;

  constructor(words: string, code = 1) {
    super(words);
    this.code = code;
  }
}

/** Runs a program: what it returns is printed, a refusal goes to its standard error. */
export async function program(main: (argv: string[]) => string | Promise<string>): Promise<void> {
  try {
    process.stdout.write(await main(process.argv.slice(2)));
  } catch (thrown) {
    if (!(thrown instanceof Refusal)) throw thrown;
    process.stderr.write(`${thrown.message}\n`);
    process.exitCode = thrown.code;
  }
}

/** Whether a process lives; one that only waits to be reaped does not. */
export function lives(processId: number | null): boolean {
  if (processId === null) return false;
  try {
    return !/\) Z /.test(readFileSync(`/proc/${processId}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

/** Where a file system is mounted; null where it is not. */
export function mountpoint(machine: Machine, name: string): string | null {
  const own = machine.datasets[name]?.properties.mountpoint;
  if (own !== undefined) return own === 'none' ? null : own;
  const cut = name.lastIndexOf('/');
  const above = cut < 0 ? null : mountpoint(machine, name.slice(0, cut));
  return above === null ? null : `${above}/${name.slice(cut + 1)}`;
}

/** The file system in which a path lies. */
export function datasetAt(machine: Machine, path: string): string | null {
  const inside = Object.keys(machine.datasets).filter((name) => {
    const at = machine.datasets[name]?.type === 'filesystem' ? mountpoint(machine, name) : null;
    return at !== null && (path === at || path.startsWith(`${at}/`));
  });
  return inside.sort((a, b) => (mountpoint(machine, b) ?? '').length - (mountpoint(machine, a) ?? '').length)[0] ?? null;
}

/** The file with a volume's content. */
export function device(name: string): string {
  return `${folder}/zvol/dsk/${name}`;
}
