/** qemu-img: making, measuring and growing disks. */
import type { Call, CommandResult } from '../host/host.ts';
import { CroftError } from '../model/error.ts';
import type { ImageFormat } from '../model/image.ts';

type Argv = [string, ...string[]];

/** The command that makes a qcow2 disk on a base, as large as the base; the new file's name is to be appended. */
export function createOverlay(base: string, format: ImageFormat): Argv {
  return ['qemu-img', 'create', '-q', '-f', 'qcow2', '-F', format, '-b', base];
}

/** The size of a disk as its guest sees it, in bytes; also of one that is in use. */
export function virtualSize(file: string): Call<number> {
  return {
    command: { argv: ['qemu-img', 'info', '--force-share', '--output=json', '--', file] },
    parse(result) {
      if (result.code !== 0) throw diskFailure(`${file} could not be read`, result);
      const information: unknown = JSON.parse(result.stdout);
      if (information !== null && typeof information === 'object' && 'virtual-size' in information) {
        const size = information['virtual-size'];
        if (typeof size === 'number') return size;
      }
      throw new CroftError('command.failed', `qemu-img does not say how large ${file} is`);
    },
  };
}

/** Makes a qcow2 disk larger; `size` in bytes. */
export function grow(file: string, size: number): Call<void> {
  return {
    command: { argv: ['qemu-img', 'resize', '-q', '-f', 'qcow2', '--', file, String(size)] },
    parse(result) {
      if (result.code !== 0) throw diskFailure(`${file} could not be made larger`, result);
    },
  };
}

/** `disk.full` where that is why the files of a VM could not be written, else `command.failed`; with the program's own words. */
export function diskFailure(what: string, { code, stderr }: CommandResult): CroftError {
  const words = stderr.trim() || `exit code ${code}`;
  return /No space left on device|Disk quota exceeded/.test(words)
    ? new CroftError('disk.full', `${what}: ${words}`, { hint: "Free space on the file system of the node's state folder." })
    : new CroftError('command.failed', `${what}: ${words}`);
}
