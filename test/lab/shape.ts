/** Makes all of a lab's management cables slow, in both directions, as links between machines are. */
import type { Lab } from './lab.ts';
import { must, run, runInNetwork, runningMachines } from './machine.ts';
import { controllerInterface, managementCable } from './wiring.ts';

/** Limits each link, the controller's too, to so many Mbit/s each way, until it is disposed of. Hosts must be up for both. */
export async function shapeLab(lab: Lab, rate: number): Promise<AsyncDisposable> {
  const switchPid = (await runningMachines(lab.name)).get('switch');
  if (switchPid === undefined) throw new Error(`lab ${lab.name} has no switch`);
  const bucket = ['tbf', 'rate', `${rate}mbit`, 'burst', '128kb', 'latency', '100ms'];
  const onAll = (...words: readonly string[]) => {
    const tc = (device: string): [string, ...string[]] => ['tc', 'qdisc', words[0] ?? '', 'dev', device, 'root', ...words.slice(1)];
    return [
      run(tc(controllerInterface(lab.name))),
      runInNetwork(switchPid, tc('controller')),
      ...lab.hosts.flatMap((host) => [host.exec(tc('eth0')), runInNetwork(switchPid, tc(managementCable(host.name)))]),
    ];
  };
  await Promise.all(onAll('replace', ...bucket).map((ran) => must(ran, 'limiting a link')));
  return {
    async [Symbol.asyncDispose]() {
      // A host that lost its power meanwhile has no cables, or new ones without a limit.
      await Promise.allSettled(onAll('delete'));
    },
  };
}
