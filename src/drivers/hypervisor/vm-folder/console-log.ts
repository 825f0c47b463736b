/** The output of a VM's serial console, which its QEMU writes into the VM's run folder. */
import { run } from '../../../host/host.ts';
import { CroftError } from '../../../model/error.ts';
import type { NodeReach, VmReference } from '../driver.ts';
import { vmFolders } from './identity.ts';

/** See `NodeHypervisor.consoleLog`. */
export async function readConsoleLog({ host, layout }: NodeReach, { id, label }: VmReference, bytes: number): Promise<string> {
  const { consoleLog } = vmFolders(layout, id);
  const result = await run(host, { argv: ['tail', '-c', String(bytes), '--', consoleLog] });
  if (result.code === 0) return result.stdout;
  throw new CroftError('not-found', `VM ${label} has no console log on ${host.name}: ${result.stderr.trim()}`, { node: host.name });
}
