import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mebibyte } from '../../../model/vm/flavor.ts';
import { masterBootRecord } from './partitions.ts';

test('SC10 a partition table says where each partition lies, in sectors, and which one BIOS boots', () => {
  const record = masterBootRecord(Buffer.from([0xfa]), 0x01020304, [
    { type: 0xef, active: true, offset: mebibyte, size: 63 * mebibyte },
    { type: 0x83, active: false, offset: 64 * mebibyte, size: mebibyte },
  ]);
  assert.deepEqual([record.length, record[0], record.readUInt32LE(440), record.readUInt16LE(510)], [512, 0xfa, 0x01020304, 0xaa55]);
  const entry = (index: number) => {
    const at = 446 + 16 * index;
    return [record[at], record[at + 4], record.readUInt32LE(at + 8), record.readUInt32LE(at + 12)];
  };
  assert.deepEqual([0, 1, 2].map(entry), [
    [0x80, 0xef, 2048, 63 * 2048],
    [0, 0x83, 64 * 2048, 2048],
    [0, 0, 0, 0],
  ]);
});

test('SC10 code that would reach into the table is refused', () => {
  assert.throws(() => masterBootRecord(Buffer.alloc(441), 0, []), { code: 'internal' });
});
