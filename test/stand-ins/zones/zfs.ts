/**
 * A stand-in for zfs(8): list, get, set, create, clone, snapshot, rename and destroy, with the options that Croft uses.
 * Its words are those of illumos-gate, usr/src/cmd/zfs/zfs_main.c and usr/src/lib/libzfs/common.
 */
import { copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { changeMachine, datasetAt, device, folder, lives, type Machine, mountpoint, program, Refusal } from './state.ts';

const known = new Set(['mountpoint', 'compression', 'volsize']);
const blockSize = 8192;

function requireProperty(target: string, name: string): void {
  if (!known.has(name) && !/^[a-z0-9.]+:[a-z0-9.:_-]+$/.test(name))
    throw new Refusal(`cannot create '${target}': invalid property '${name}'`);
}

function pairs(target: string, given: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    given.map((text) => {
      const [, name = '', value] = /^([^=]+)=(.*)$/.exec(text) ?? [];
      if (value === undefined) throw new Refusal(`missing '=' for property=value argument\nusage:\n\tzfs create`, 2);
      requireProperty(target, name);
      return [name, value];
    }),
  );
}

function require(machine: Machine, name: string): void {
  if (machine.datasets[name] === undefined && machine.snapshots[name] === undefined) {
    throw new Refusal(`cannot open '${name}': dataset does not exist`);
  }
}

function requireFree(machine: Machine, name: string): void {
  if (!/^[a-zA-Z0-9][\w.:/ -]*$/.test(name)) throw new Refusal(`cannot create '${name}': invalid character in name`);
  if (machine.datasets[name] !== undefined) throw new Refusal(`cannot create '${name}': dataset already exists`);
  const parent = name.slice(0, name.lastIndexOf('/'));
  if (machine.datasets[parent] === undefined) throw new Refusal(`cannot create '${name}': parent does not exist`);
  if (machine.datasets[parent].type === 'volume') throw new Refusal(`cannot create '${name}': parent is not a filesystem`);
}

/** A volume that a zone which runs has is open. */
function requireIdle(machine: Machine, verb: string, name: string): void {
  for (const zone of Object.values(machine.zones)) {
    if (!lives(zone.init)) continue;
    const uses = (volume: string) => zone.resources.some(({ properties }) => properties.match === `/dev/zvol/rdsk/${volume}`);
    const busy = Object.keys(machine.datasets).some((each) => (each === name || each.startsWith(`${name}/`)) && uses(each));
    if (busy) throw new Refusal(`cannot ${verb} '${name}': dataset is busy`);
  }
}

function below(machine: Machine, name: string): string[] {
  const inside = (each: string) => each === name || each.startsWith(`${name}/`) || each.startsWith(`${name}@`);
  return [...Object.keys(machine.datasets), ...Object.keys(machine.snapshots)].filter(inside);
}

function list(machine: Machine, argv: string[]): string {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: { H: short('H'), p: short('p'), r: short('r'), o: { type: 'string', short: 'o' }, t: { type: 'string', short: 't' } },
  });
  const types = new Set((values.t ?? 'filesystem,volume').split(','));
  const targets = positionals.map((given) => (given.startsWith('/') ? (datasetAt(machine, given) ?? given) : given));
  for (const target of targets) {
    if (target.startsWith('/')) throw new Refusal(`cannot open '${target}': not a ZFS filesystem`);
    require(machine, target);
  }
  const all = values.r === true ? targets.flatMap((target) => below(machine, target)) : targets;
  const typeOf = (name: string) => machine.datasets[name]?.type ?? 'snapshot';
  const chosen = values.t === undefined && values.r !== true ? all : all.filter((name) => types.has(typeOf(name)));
  const columns = (values.o ?? 'name').split(',');
  return chosen
    .map((name) => `${columns.map((column) => (column === 'name' ? name : property(machine, name, column))).join('\t')}\n`)
    .join('');
}

function short(letter: string) {
  return { type: 'boolean', short: letter } as const;
}

function property(machine: Machine, name: string, which: string): string {
  const found = machine.datasets[name] ?? machine.snapshots[name];
  if (which === 'volsize') return found?.volsize ? String(found.volsize) : '-';
  if (which === 'used') return String(2 ** 30);
  if (which === 'available') return String(3 * 2 ** 30);
  if (which.includes(':')) return found?.properties[which] ?? '-';
  if (known.has(which)) return found?.properties[which] ?? '-';
  throw new Refusal(`bad property list: invalid property '${which}'`, 2);
}

function get(machine: Machine, argv: string[]): string {
  const { positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: { H: short('H'), p: short('p'), o: { type: 'string', short: 'o' } },
  });
  const [which = '', name = ''] = positionals;
  require(machine, name);
  return `${property(machine, name, which)}\n`;
}

function set(machine: Machine, argv: string[]): string {
  const [assignment = '', name = ''] = argv;
  const [, value] = /^volsize=(\d+)$/.exec(assignment) ?? [];
  if (value === undefined) throw new Refusal(`cannot set property for '${name}': invalid property`);
  const dataset = machine.datasets[name];
  if (dataset === undefined) throw new Refusal(`cannot open '${name}': dataset does not exist`);
  if (Number(value) % blockSize !== 0)
    throw new Refusal(`cannot set property for '${name}': 'volsize' must be a multiple of volume block size (8K)`);
  dataset.volsize = Number(value);
  truncateSync(device(name), dataset.volsize);
  return '';
}

function create(machine: Machine, argv: string[]): string {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: { s: short('s'), V: { type: 'string', short: 'V' }, o: { type: 'string', short: 'o', multiple: true } },
  });
  const [name = ''] = positionals;
  requireFree(machine, name);
  const properties = pairs(name, values.o ?? []);
  if (values.V !== undefined) {
    if (machine.faults.includes('full')) throw new Refusal(`cannot create '${name}': out of space`);
    const size = Number(values.V);
    if (!(size > 0) || size % blockSize !== 0)
      throw new Refusal(`cannot create '${name}': volume size must be a multiple of volume block size`);
    machine.datasets[name] = { type: 'volume', properties, volsize: size, origin: null };
    mkdirSync(path.dirname(device(name)), { recursive: true });
    writeFileSync(device(name), '');
    truncateSync(device(name), size);
    return '';
  }
  machine.datasets[name] = { type: 'filesystem', properties, volsize: 0, origin: null };
  const at = mountpoint(machine, name);
  if (at === null) return '';
  if (existsSync(at) && readdirSync(at).length > 0) throw new Refusal(`cannot mount '${at}': directory is not empty`);
  mkdirSync(at, { recursive: true });
  return '';
}

function clone(machine: Machine, [origin = '', name = '', ...rest]: string[]): string {
  const snapshot = machine.snapshots[origin];
  if (rest.length > 0) throw new Refusal('too many arguments', 2);
  if (snapshot === undefined) throw new Refusal(`cannot open '${origin}': dataset does not exist`);
  requireFree(machine, name);
  if (machine.faults.includes('full')) throw new Refusal(`cannot create '${name}': out of space`);
  machine.datasets[name] = { type: 'volume', properties: {}, volsize: snapshot.volsize, origin };
  mkdirSync(path.dirname(device(name)), { recursive: true });
  copyFileSync(snapshot.content ?? '', device(name));
  return '';
}

function snapshot(machine: Machine, argv: string[]): string {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: { r: short('r'), o: { type: 'string', short: 'o', multiple: true } },
  });
  const [target = ''] = positionals;
  const [name = '', word = ''] = target.split('@');
  if (!/^[\w.:-]+$/.test(word)) throw new Refusal(`cannot create snapshot '${target}': invalid character in name`);
  require(machine, name);
  const datasets = values.r === true ? below(machine, name).filter((each) => machine.datasets[each] !== undefined) : [name];
  for (const each of datasets) {
    if (machine.snapshots[`${each}@${word}`] !== undefined)
      throw new Refusal(`cannot create snapshot '${each}@${word}': dataset already exists`);
  }
  for (const each of datasets) {
    const { type, volsize } = machine.datasets[each] ?? { type: 'filesystem', volsize: 0 };
    machine.nextId += 1;
    const content = type === 'volume' ? `${folder}/snapshots/${machine.nextId}` : null;
    if (content !== null) copyFileSync(device(each), content);
    machine.snapshots[`${each}@${word}`] = { properties: pairs(each, values.o ?? []), volsize, content, deferred: false };
  }
  return '';
}

function rename(machine: Machine, [from = '', to = '']: string[]): string {
  require(machine, from);
  requireFree(machine, to);
  requireIdle(machine, 'rename', from);
  const moved = (name: string) =>
    name === from || name.startsWith(`${from}/`) || name.startsWith(`${from}@`) ? `${to}${name.slice(from.length)}` : name;
  const entries = <T>(record: Record<string, T>) => Object.fromEntries(Object.entries(record).map(([name, value]) => [moved(name), value]));
  machine.datasets = entries(machine.datasets);
  machine.snapshots = entries(machine.snapshots);
  for (const dataset of Object.values(machine.datasets)) dataset.origin = dataset.origin === null ? null : moved(dataset.origin);
  if (existsSync(device(from))) renameSync(device(from), device(to));
  return '';
}

function destroy(machine: Machine, argv: string[]): string {
  const { values, positionals } = parseArgs({ args: argv, allowPositionals: true, options: { r: short('r'), d: short('d') } });
  const [target = ''] = positionals;
  return target.includes('@')
    ? destroySnapshots(machine, target, values.r === true, values.d === true)
    : destroyDataset(machine, target, values.r === true);
}

function clonesOf(machine: Machine, snapshot: string): string[] {
  return Object.keys(machine.datasets).filter((name) => machine.datasets[name]?.origin === snapshot);
}

function forget(machine: Machine, snapshot: string): void {
  rmSync(machine.snapshots[snapshot]?.content ?? '', { force: true });
  delete machine.snapshots[snapshot];
}

function destroySnapshots(machine: Machine, target: string, recursive: boolean, defer: boolean): string {
  const [name = '', word = ''] = target.split('@');
  require(machine, target);
  const all = recursive ? below(machine, name).filter((each) => each.endsWith(`@${word}`)) : [target];
  for (const each of all) {
    const clones = clonesOf(machine, each);
    if (clones.length > 0 && !defer) {
      throw new Refusal(
        `cannot destroy '${each}': snapshot has dependent clones\nuse '-R' to destroy the following datasets:\n${clones.join('\n')}`,
      );
    }
  }
  for (const each of all) {
    const snapshot = machine.snapshots[each];
    if (snapshot !== undefined && clonesOf(machine, each).length > 0) snapshot.deferred = true;
    else forget(machine, each);
  }
  return '';
}

function destroyDataset(machine: Machine, target: string, recursive: boolean): string {
  require(machine, target);
  const all = below(machine, target);
  if (all.length > 1 && !recursive)
    throw new Refusal(
      `cannot destroy '${target}': filesystem has children\nuse '-r' to destroy the following datasets:\n${all.slice(1).join('\n')}`,
    );
  const gone = new Set(all);
  const clones = all.flatMap((each) => clonesOf(machine, each)).filter((each) => !gone.has(each));
  if (clones.length > 0)
    throw new Refusal(
      `cannot destroy '${target}': filesystem has dependent clones\nuse '-R' to destroy the following datasets:\n${clones.join('\n')}`,
    );
  requireIdle(machine, 'destroy', target);
  for (const each of all) {
    const dataset = machine.datasets[each];
    const at = dataset?.type === 'filesystem' ? mountpoint(machine, each) : null;
    if (at !== null) rmSync(at, { recursive: true, force: true });
    if (dataset === undefined) forget(machine, each);
    else rmSync(device(each), { recursive: true, force: true });
  }
  const origins = all.map((each) => machine.datasets[each]?.origin ?? null);
  for (const each of all) delete machine.datasets[each];
  for (const origin of origins) {
    if (origin !== null && machine.snapshots[origin]?.deferred && clonesOf(machine, origin).length === 0) forget(machine, origin);
  }
  return '';
}

const commands: Record<string, (machine: Machine, argv: string[]) => string> = { list, get, set, create, clone, snapshot, rename, destroy };

await program(([command = '', ...argv]) => {
  const run = commands[command];
  if (run === undefined) throw new Refusal(`unrecognized command '${command}'`, 2);
  try {
    return changeMachine((machine) => run(machine, argv));
  } catch (thrown) {
    if (thrown instanceof TypeError) throw new Refusal(`${thrown.message}\nusage:\n\tzfs ${command}`, 2);
    throw thrown;
  }
});
