import assert from 'node:assert/strict';
import { test } from 'node:test';
import { roomForCpus } from './tcg-room.ts';

const jit = (used: number, all = 66_945_024) =>
  `Translation buffer state:\ngen code size       ${used}/${all}\nTB count            97152\n`;

test('SC11 CPUs come to an emulated VM as long as each finds a region of the buffer for translated code, and not when all are taken', () => {
  const region = 66_945_024 / 32;
  assert.equal(roomForCpus(jit(0), 1, 8), 7);
  assert.equal(roomForCpus(jit(27.5 * region), 1, 8), 4);
  assert.equal(roomForCpus(jit(27.5 * region), 4, 8), 1);
  assert.equal(roomForCpus(jit(30.5 * region), 1, 8), 1);
  for (const used of [30.999 * region, 31.2 * region, 32 * region]) assert.equal(roomForCpus(jit(used), 1, 8), 0);
  assert.equal(roomForCpus(jit(0), 40, 64), 24, 'as many regions as CPUs');
});

test('SC11 where QEMU does not say how full its buffer is, no CPU comes', () => {
  for (const words of ['', 'JIT information is only available with accel=tcg', 'gen code size 5 MiB / 64 MiB\n']) {
    assert.equal(roomForCpus(words, 1, 8), 0, words);
  }
});
