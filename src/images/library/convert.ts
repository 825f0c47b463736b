/** Converts images in formats that guests cannot use into qcow2, on the controller. */
import { CroftError } from '../../model/error.ts';
import type { SourceFormat } from '../../model/image/definition.ts';
import { confinedQemuImg } from './confined-qemu-img.ts';
import { unusable } from './failures.ts';

export interface Conversion {
  /** Inspected already: it names no other file. */
  from: string;
  format: SourceFormat;
  /** Where the qcow2 is written. */
  to: string;
  /** The name of the image in messages. */
  name: string;
  /** Largest qcow2 that may come out, in bytes. */
  limit: number;
  signal?: AbortSignal | undefined;
  /** Receives the finished part, from 0 to 1. */
  onProgress(done: number): void;
}

/** Rejects with `image.unusable` where qemu-img fails on the file or reaches a limit, `disk.full`, `node.unfit`, or the signal's reason. */
export async function convert({ from, format, to, name, limit, signal, onProgress }: Conversion): Promise<void> {
  const onOutput = (piece: string) => {
    const percent = /\((\d+\.\d+)\/100%\)\s*$/.exec(piece)?.[1];
    if (percent !== undefined) onProgress(Number(percent) / 100);
  };
  try {
    await confinedQemuImg(['convert', '-p', '-f', format, '-O', 'qcow2', '--', from, to], { fileSize: limit, signal, onOutput });
  } catch (thrown) {
    if (!(thrown instanceof CroftError) || thrown.code !== 'command.failed') throw thrown;
    if (/No space left on device|Disk quota exceeded/.test(thrown.message)) {
      throw new CroftError('disk.full', `${name} could not be converted to qcow2: ${thrown.message}`, {
        hint: 'Make room there, or remove images with: croft image rm NAME',
        cause: thrown,
      });
    }
    throw unusable(name, `it could not be converted from ${format} to qcow2: ${thrown.message}`, undefined, thrown);
  }
}
