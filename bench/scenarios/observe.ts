/** Seeing 200 VMs on one node: round trips and time, beside what the same programs take where there is none. */
import { homeAt } from '../../src/controller/home.ts';
import { Hosts } from '../../src/controller/hosts.ts';
import { controllerOptions } from '../../src/controller/options.ts';
import type { NodeHypervisor, NodeReach } from '../../src/drivers/hypervisor/driver.ts';
import { createQemuDriver } from '../../src/drivers/hypervisor/qemu/qemu.ts';
import { processName, vmUserId } from '../../src/drivers/hypervisor/vm-folder/identity.ts';
import { type Host, perform, run } from '../../src/host/host.ts';
import { newControllerIdentifier, newIdentifier } from '../../src/model/identifier.ts';
import { openStore } from '../../src/store/open.ts';
import type { Figure } from '../figure.ts';
import type { Stage } from '../stage.ts';

const vms = 200;
const repetitions = 20;
/** The first one connects. */
const warmUp = 3;

/**
 * Makes what a running VM leaves on its node, with a sleeping process for its QEMU: of a process, observing reads the user and
 * the name only. Arguments: state folder, run folder, then identifier, user and process name of each.
 */
const standIns = `
state=$1 run=$2
shift 2
while [ "$#" -ge 3 ]; do
  mkdir -p "$state/vms/$1" "$run/vms/$1"
  setsid setpriv --reuid "$2" --regid "$2" --clear-groups bash -c 'exec -a "$0" sleep 3600' "$3" \\
    </dev/null >/dev/null 2>&1 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- &
  echo "$!" >"$run/vms/$1/pid"
  echo booting >"$run/vms/$1/console.log"
  echo "1700000000 aaaaaaaaaaaaaaaa $2" >"$state/vms/$1/started"
  echo '{"hash":"aaaaaaaaaaaaaaaa","label":"slice/vm","seed":"aaaaaaaaaaaaaaaa","disks":"aaaaaaaaaaaaaaaa"}' >"$state/vms/$1/launch.json"
  shift 3
done
`;

export async function measureObserve(stage: Stage): Promise<Figure[]> {
  return await stage.withoutController(async () => {
    const { host, layout } = await firstNode(stage);
    const driver = createQemuDriver({ seedOf: () => ({ hash: '', build: async () => new Uint8Array() }) }).on({ host, layout });
    await driver.prepareNode();
    try {
      const none = await observe(driver, host, 0);
      const identities = Array.from({ length: vms }, newIdentifier).flatMap((id) => [id, String(vmUserId(id)), processName(id)]);
      const made = await run(host, { argv: ['sh', '-c', standIns, 'croft-bench', layout.stateFolder, layout.runFolder, ...identities] });
      if (made.code !== 0) throw new Error(`the stand-ins could not be made: ${made.stderr}`);
      const all = await observe(driver, host, vms);
      const figure = { scenario: 'observe', unit: 'ms' } as const;
      const measured = { name: `${vms} VMs on a node`, samples: all };
      return [{ ...figure, measured, alternative: { name: 'none on it', samples: none }, target: { kind: 'at most', limit: 100 } }];
    } finally {
      await driver.purge();
      await host.close();
    }
  });
}

async function observe(driver: NodeHypervisor, host: Host, expected: number): Promise<number[]> {
  const times: number[] = [];
  for (let repetition = 0; repetition < warmUp + repetitions; repetition++) {
    const start = performance.now();
    const [seen] = await perform(host, driver.observe());
    times.push(performance.now() - start);
    const running = seen.filter(({ state }) => state === 'running').length;
    if (running !== expected) throw new Error(`${running} VMs are seen to run, not ${expected}`);
  }
  return times.slice(warmUp);
}

/** As a controller with an identifier of its own reaches it, so that nothing else is seen there. */
async function firstNode({ home }: Stage): Promise<NodeReach> {
  const { database, segments, transit } = controllerOptions(home, {}, {});
  const store = await openStore({ location: database, settings: { segments, transit } });
  try {
    const [node] = await store.nodes.list();
    if (node === undefined) throw new Error('there is no node');
    return new Hosts({ controllerId: newControllerIdentifier(), defaultKey: homeAt(home).key, agent: null }).reach(node.config);
  } finally {
    await store.close();
  }
}
