import assert from 'node:assert/strict';
import { test } from 'node:test';
import { simulationOf } from './simulation.ts';

test('SC11 a simulation is read from its words, and what is left out is as usual', () => {
  assert.deepEqual(simulationOf('nodes=1000, cpus=8,memory=32GiB,disk=1TiB,delay=20ms,failures=1.5%,seed=7'), {
    ...{ nodes: 1000, cpus: 8, memory: 32 * 2 ** 30, disk: 2 ** 40, delay: 20, failures: 0.015, seed: 7 },
  });
  assert.deepEqual(simulationOf('nodes=2'), {
    ...{ nodes: 2, cpus: 64, memory: 256 * 2 ** 30, disk: 10 * 2 ** 40, delay: 0, failures: 0, seed: 1 },
  });
});

test('SC11 a simulation that cannot be read says which part of it is wrong, and how it is written', () => {
  const wrong: [string, RegExp][] = [
    ['nodes=0', /nodes is "0", not a whole number from 1 to 9999/],
    ['nodes=1e3', /nodes is "1e3"/],
    ['nodes=1,seed=2,nodes=3', /nodes is given twice/],
    ['hosts=5', /"hosts" is none of nodes, cpus/],
    ['', /"" is none of/],
    ['nodes=1,delay=5', /delay is "5", not milliseconds/],
    ['nodes=1,failures=101%', /failures is "101%"/],
    ['nodes=1,memory=lots', /memory is "lots", not a size/],
  ];
  for (const [text, message] of wrong) assert.throws(() => simulationOf(text), { code: 'input.invalid', message });
});
