/** The partition table of a disk that BIOS and UEFI boot. */
import { CroftError } from '../../../model/error.ts';

export interface Partition {
  /** 0xef: the one that boot loaders are on, for both; 0x83: Linux. */
  type: number;
  active: boolean;
  /** Bytes, whole sectors. */
  offset: number;
  size: number;
}

const sector = 512;
/** Code before the table, which loads the first sector of the active partition; the disk's number stands in between. */
const codeLength = 440;
const tableOffset = 446;
const entryLength = 16;

/** The first sector of a disk: at most four partitions. `code` is what BIOS starts. */
export function masterBootRecord(code: Buffer, diskNumber: number, partitions: readonly Partition[]): Buffer {
  if (code.length > codeLength || partitions.length > 4) throw new CroftError('internal', 'more than a master boot record can hold');
  const record = Buffer.alloc(sector);
  code.copy(record);
  record.writeUInt32LE(diskNumber, codeLength);
  for (const [index, { type, active, offset, size }] of partitions.entries()) {
    const entry = record.subarray(tableOffset + index * entryLength);
    entry.writeUInt8(active ? 0x80 : 0, 0);
    // The fields for cylinders and heads refer their readers to the sector numbers.
    entry.writeUIntLE(0xfffffe, 1, 3);
    entry.writeUInt8(type, 4);
    entry.writeUIntLE(0xfffffe, 5, 3);
    entry.writeUInt32LE(offset / sector, 8);
    entry.writeUInt32LE(size / sector, 12);
  }
  record.writeUInt16LE(0xaa55, sector - 2);
  return record;
}
