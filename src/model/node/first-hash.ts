/**
 * The hashes that the first versions of Croft wrote on nodes and into the store: of plans in the form of that time, with all their keys
 * and nulls. VMs and routers with these hashes still run; they are recognised as long as a plan uses only the fields of that time.
 * Frozen.
 */
import { canonicalText } from '../canonical.ts';
import { shortHash } from '../identifier.ts';

/** The keys of an object, each with the keys of its value; null for a value without keys, or taken whole. */
interface Keys {
  readonly [key: string]: Keys | null;
}

const leaves = (...names: string[]): Keys => Object.fromEntries(names.map((name) => [name, null]));

const image = leaves('id', 'sha256', 'format', 'size');
const volumes: Keys = { ...leaves('id', 'name', 'size'), image };
const ofItsProcess = leaves('nicId', 'vmId', 'mac', 'address', 'segment', 'model');
const sizes = leaves('cpus', 'memory', 'disk');
const seed = leaves('hostname', 'userData', 'cloudConfig', 'sshKeys');

const firstKeys = {
  launch: { ...leaves('id', 'firmware', 'boot'), ...sizes, ...seed, image, volumes, ports: ofItsProcess } as Keys,
  port: { ...ofItsProcess, dhcp: null, impairment: leaves('delay', 'jitter', 'loss', 'rate') } as Keys,
};

/** The plan reduced to the fields of that time, and its hash of that time. */
export function firstForm<Plan extends object>(kind: keyof typeof firstKeys, plan: Plan): { then: Plan; hash: string } {
  const then = picked(firstKeys[kind], plan) as Plan;
  return { then, hash: shortHash(16, canonicalText(then)) };
}

/** A key that objects of that time have and that is missing now is left out, and changes the hash. */
function picked(keys: Keys | null, value: unknown): unknown {
  if (keys === null || value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map((part) => picked(keys, part));
  const known = Object.entries(value).filter(([key]) => Object.hasOwn(keys, key));
  return Object.fromEntries(known.map(([key, part]) => [key, picked(keys[key] ?? null, part)]));
}
