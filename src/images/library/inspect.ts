/** Determines the format of an image file, and whether the file is safe and fit to be the disk or the CD-ROM of guests. */
import { open } from 'node:fs/promises';
import { z } from 'zod';
import { CroftError } from '../../model/error.ts';
import type { SourceFormat } from '../../model/image/definition.ts';
import { formatSize } from '../../model/input/unit.ts';
import { confinedQemuImg } from './confined-qemu-img.ts';
import { unusable } from './failures.ts';
import { type FileHead, headSize, sector } from './file-head.ts';
import { recognise } from './recognise.ts';

export interface SourceFacts {
  format: SourceFormat;
  /** Size of the disk that a guest sees, in bytes. */
  virtualSize: number;
}

/** Of a disk, in bytes; QEMU's own bounds lie far beyond. */
export const largestDisk = 16 * 1024 ** 4;
const informationSchema = z.object({ 'virtual-size': z.int(), 'backing-filename': z.string().optional() });

export interface InspectOptions {
  /** Its name in messages; the file where absent. */
  name?: string;
  /** The largest permitted disk, in bytes. */
  largest?: number;
  /** Aborts work in progress, which then rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}

/**
 * Reads the properties of an image. Rejects with `image.unusable` where guests must not or cannot use it. An image may name further files
 * of the machine that opens it, as its backing or its data. Such a file is refused by its header, before any program that would follow
 * those names has opened it.
 */
export async function inspectImage(
  file: string,
  { name = file, largest = largestDisk, signal }: InspectOptions = {},
): Promise<SourceFacts> {
  const head = await readHead(file, name);
  const format = recognise(name, head);
  const virtualSize = format === 'iso' ? head.size : await diskSize(file, name, format, signal);
  if (virtualSize < sector || virtualSize > largest) {
    throw unusable(name, `its disk would have ${virtualSize} bytes; from ${sector} bytes to ${formatSize(largest)} are possible`);
  }
  if (format === 'qcow2') await requireWhole(file, name, signal);
  return { format, virtualSize };
}

async function diskSize(file: string, name: string, format: SourceFormat, signal: AbortSignal | undefined): Promise<number> {
  const output = await confinedQemuImg(['info', '--output=json', '-f', format, '--', file], { signal }).catch((thrown) => {
    if (thrown instanceof CroftError && thrown.code === 'command.failed') throw unusable(name, thrown.message, undefined, thrown);
    throw thrown;
  });
  const information = informationSchema.parse(JSON.parse(output.toString()));
  if (information['backing-filename'] !== undefined) throw unusable(name, 'it is an overlay that needs a backing file');
  return information['virtual-size'];
}

/** Seconds of processor time: a disk of 16 TiB takes less, and a small file can be crafted to take hours. */
const checkTime = 60;

/** Exit code of `qemu-img check` for leaked clusters, which only cost space. */
const leaks = 3;

/** Checks that each part of the disk is where its tables say: a truncated file, or one that would fail in a guest later, is refused now. */
async function requireWhole(file: string, name: string, signal: AbortSignal | undefined): Promise<void> {
  try {
    await confinedQemuImg(['check', '-q', '-f', 'qcow2', '--', file], { alsoGood: [leaks], processorTime: checkTime, signal });
  } catch (thrown) {
    if (!(thrown instanceof CroftError) || thrown.code !== 'command.failed') throw thrown;
    const [words = ''] = thrown.message.split('\n');
    const reason = /killed by SIG/.test(words)
      ? `its tables cannot be checked in ${checkTime} s of processor time`
      : `it is damaged or cut short: ${words}`;
    throw unusable(name, reason, 'Fetch it again, or repair it with: qemu-img check -r all FILE', thrown);
  }
}

async function readHead(file: string, name: string): Promise<FileHead> {
  await using handle = await open(file, 'r');
  const information = await handle.stat();
  if (!information.isFile()) throw unusable(name, 'it is not a regular file');
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(headSize), 0, headSize, 0);
  return { size: information.size, head: buffer.subarray(0, bytesRead) };
}
