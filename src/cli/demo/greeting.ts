/** The proof that the demo's slice works: addresses for all, and one VM that reached the other by name. */
import type { Client } from '../../client/client.ts';
import { CroftError } from '../../model/error.ts';
import type { VmView } from '../../model/vm/view.ts';
import { until } from './until.ts';

const addressTime = 180_000;
const greetingTime = 120_000;
/** Bytes: more than a guest prints while it starts. */
const logSize = 65_536;

/** The slice's VMs once all run and have their addresses. */
export async function addressedVms(client: Client, slice: string, signal: AbortSignal): Promise<VmView[]> {
  const isThere = ({ state, addressed }: VmView): boolean => state === 'running' && addressed;
  const there = await until(
    async () => {
      const vms = await client.vms.list({ slice });
      return vms.every(isThere) ? vms : null;
    },
    { timeout: addressTime, every: 100, signal },
  );
  if (there !== null) return there;
  const missing = (await client.vms.list({ slice })).filter((vm) => !isThere(vm));
  const words = missing.map(
    (vm) => `${slice}/${vm.name} is ${vm.state}: ${vm.reason ?? (vm.addressed ? 'has its addresses' : 'took no lease')}`,
  );
  throw new CroftError('command.timeout', [`not every VM has its address after ${addressTime / 1000} s`, ...words].join('\n  '), {
    hint: `look at \`croft vm console ${slice}/${missing[0]?.name ?? 'web'} --log\` and \`croft events --slice ${slice}\``,
  });
}

/** The line in which `web` prints the address at which it reached `db`. */
export async function greeting(client: Client, slice: string, signal: AbortSignal): Promise<string> {
  const hint = `look at \`croft vm console ${slice}/web --log\``;
  const line = await until(
    async () => {
      const log = await client.vms.consoleLog(slice, 'web', logSize);
      const said = log.match(/hello: web (?:reached db at [0-9.]+|could not reach db)/g)?.at(-1) ?? null;
      if (said?.includes('could not')) throw new CroftError('network.router', `web could not reach db by its name: ${said}`, { hint });
      return said;
    },
    { timeout: greetingTime, every: 200, signal },
  );
  if (line !== null) return line;
  throw new CroftError('command.timeout', `web said nothing of db on its console within ${greetingTime / 1000} s`, { hint });
}
