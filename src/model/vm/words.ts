/** What drivers say of a VM by its identifier, which nobody but them knows, in words that name it as its users do. */
import { CroftError } from '../error.ts';

/** `label` is `slice/name`. Rejects as the work does. Paths and the words of programs stay as they are. */
export async function byLabel<T>(vmId: string, label: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    if (!(thrown instanceof CroftError) || !thrown.message.includes(`VM ${vmId}`)) throw thrown;
    const { code, message, hint, node, issues } = thrown;
    throw new CroftError(code, message.replaceAll(`VM ${vmId}`, `VM ${label}`), {
      ...{ issues, cause: thrown },
      ...(hint === undefined ? {} : { hint }),
      ...(node === undefined ? {} : { node }),
    });
  }
}
