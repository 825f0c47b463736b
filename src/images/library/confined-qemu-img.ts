/** qemu-img on the controller's machine, within limits, since it reads untrusted files. */
import { runProgram } from '../program.ts';

const gibibyte = 1024 ** 3;
/** qemu-img converts with about 0.6 GiB of address space, most of it stacks that stay empty. */
const memory = 2 * gibibyte;
/** Seconds; a disk of 64 GiB takes a few minutes. */
const longest = 3600;

export interface ConfinedOptions {
  /** Largest file that it may write, in bytes; none where it only reads. */
  fileSize?: number;
  signal?: AbortSignal | undefined;
  onOutput?: (piece: string) => void;
  alsoGood?: readonly number[];
  /** Seconds. */
  processorTime?: number;
}

/** Resolves with its standard output. Rejects with `command.failed`, also where a limit was reached, or `node.unfit`. */
export function confinedQemuImg(
  parameters: readonly string[],
  { fileSize = 0, processorTime = longest, ...options }: ConfinedOptions = {},
): Promise<Buffer> {
  return runProgram('qemu-img', parameters, { ...options, debianPackage: 'qemu-utils', limits: { memory, fileSize, processorTime } });
}
