/** Requests that QEMU, libvirt or an agent may refuse. */
import { CroftError } from '../../../model/error.ts';

/** False where the request is refused; rejects where it fails otherwise. */
export async function accepted(work: Promise<unknown>): Promise<boolean> {
  try {
    await work;
    return true;
  } catch (thrown) {
    if (thrown instanceof CroftError && thrown.code === 'command.failed') return false;
    throw thrown;
  }
}
