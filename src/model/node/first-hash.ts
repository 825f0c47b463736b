/**
 * The hashes that the first versions of Croft wrote on nodes and into the store: of plans as they were then, with all their keys and
 * nulls. What they were written for runs on; so they are known for as long as a plan says no more than it could say then. Frozen.
 */
import { canonicalText } from '../canonical.ts';
import { shortHash } from '../identifier.ts';

/** The keys of an object, each with those of what is in it; null for what has none, or is taken whole. */
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

/** The plan with what it could say then only, and the hash that it had. */
export function firstForm<Plan extends object>(kind: keyof typeof firstKeys, plan: Plan): { then: Plan; hash: string } {
  const then = picked(firstKeys[kind], plan) as Plan;
  return { then, hash: shortHash(16, canonicalText(then)) };
}

/** A key that is an object's then and is missing now is left out, and changes the hash. */
function picked(keys: Keys | null, value: unknown): unknown {
  if (keys === null || value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map((part) => picked(keys, part));
  const known = Object.entries(value).filter(([key]) => Object.hasOwn(keys, key));
  return Object.fromEntries(known.map(([key, part]) => [key, picked(keys[key] ?? null, part)]));
}
