/** The settings of a simulation, as `nodes=1000,cpus=64,memory=256GiB,disk=10TiB,delay=20ms,failures=1%,seed=7`. */
import { CroftError } from '../../model/error.ts';
import { parseSize } from '../../model/input/unit.ts';

export interface Simulation {
  nodes: number;
  /** Of each node; bytes for memory and disk. */
  cpus: number;
  memory: number;
  disk: number;
  /** ms that each round trip and each operation takes. */
  delay: number;
  /** The share of operations that fail, 0 to 1. */
  failures: number;
  /** The same seed makes the same operations of the same VMs fail. */
  seed: number;
}

type Reading = (text: string) => number | null;

const readings: Record<keyof Simulation, { read: Reading; form: string; usual: string }> = {
  nodes: { read: whole(1, 9999), form: 'a whole number from 1 to 9999', usual: '3' },
  cpus: { read: whole(1, 4096), form: 'a whole number from 1 to 4096', usual: '64' },
  memory: { read: parseSize, form: 'a size such as 256GiB', usual: '256GiB' },
  disk: { read: parseSize, form: 'a size such as 10TiB', usual: '10TiB' },
  delay: { read: milliseconds, form: 'milliseconds such as 20ms, up to 60000ms', usual: '0ms' },
  failures: { read: share, form: 'a share such as 1%', usual: '0%' },
  seed: { read: whole(0, 2 ** 31), form: 'a whole number', usual: '1' },
};

/** Throws `input.invalid` that names the invalid part. */
export function simulationOf(text: string): Simulation {
  const parts = text.split(',').map((part) => splitAt(part.trim()));
  const given = new Map(parts);
  const unknown = [...given.keys()].find((name) => !Object.hasOwn(readings, name));
  if (unknown !== undefined) throw invalid(`"${unknown}" is none of ${Object.keys(readings).join(', ')}`);
  const twice = parts.find(([name], index) => parts.findIndex(([other]) => other === name) < index);
  if (twice !== undefined) throw invalid(`${twice[0]} is given twice`);
  const value = (name: keyof Simulation): number => {
    const { read, form, usual } = readings[name];
    const words = given.get(name) ?? usual;
    const found = read(words);
    if (found === null) throw invalid(`${name} is ${JSON.stringify(words)}, not ${form}`);
    return found;
  };
  return {
    ...{ nodes: value('nodes'), cpus: value('cpus'), memory: value('memory'), disk: value('disk') },
    ...{ delay: value('delay'), failures: value('failures'), seed: value('seed') },
  };
}

function splitAt(part: string): [string, string] {
  const [name = '', ...rest] = part.split('=');
  return [name, rest.join('=')];
}

function invalid(message: string): CroftError {
  return new CroftError('input.invalid', `the simulation cannot be read: ${message}`, {
    hint: 'Write it as --simulate nodes=1000,cpus=64,memory=256GiB,delay=20ms,failures=1%,seed=7.',
  });
}

function whole(least: number, most: number): Reading {
  return (text) => {
    const value = /^\d{1,10}$/.test(text) ? Number(text) : -1;
    return value >= least && value <= most ? value : null;
  };
}

function milliseconds(text: string): number | null {
  const [, digits] = /^(\d{1,5})ms$/.exec(text) ?? [];
  return digits === undefined || Number(digits) > 60_000 ? null : Number(digits);
}

function share(text: string): number | null {
  const [, digits] = /^(\d{1,3}(?:\.\d{1,3})?)%$/.exec(text) ?? [];
  return digits === undefined || Number(digits) > 100 ? null : Number(digits) / 100;
}
