/** What a controller costs while twenty VMs run and nothing is asked of it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { until } from '../../test/support/until.ts';
import type { Figure } from '../figure.ts';
import { processorTime, residentMemory } from '../process-cost.ts';
import { deploy, sliceName } from '../slice.ts';
import { removeSlice, type Stage } from '../stage.ts';

/** ms; six of the passes that come by themselves. */
const observation = 60_000;
/** ms in which twenty guests boot on a small machine. */
const bootTime = 180_000;

export async function measureIdle(stage: Stage): Promise<Figure[]> {
  const { client, pid } = stage.controller;
  await deploy(client, 'micro');
  try {
    // Until the guests have their addresses they are looked at more often.
    await until('all VMs are addressed', async () => (await client.vms.list()).every(({ addressed }) => addressed) || undefined, bootTime);
    return await observe(pid);
  } finally {
    await removeSlice(client, sliceName);
  }
}

async function observe(pid: number): Promise<Figure[]> {
  const idle = spawn(process.execPath, ['-e', "setInterval(() => {}, 1e6); console.log('ready')"], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    await once(idle.stdout, 'data');
    const shares = { controller: await processorTime(pid), node: await processorTime(idle.pid ?? 0) };
    await delay(observation);
    const share = async (process: number, before: number) => (((await processorTime(process)) - before) / observation) * 100;
    return [
      {
        scenario: 'idle',
        unit: '%',
        measured: { name: 'share of a core', samples: [await share(pid, shares.controller)] },
        alternative: { name: 'a whole core', samples: [100] },
        target: { kind: 'at most', limit: 1 },
      },
      {
        scenario: 'idle',
        unit: 'MB',
        measured: { name: 'resident memory', samples: [await residentMemory(pid)] },
        alternative: { name: 'Node doing nothing', samples: [await residentMemory(idle.pid ?? 0)] },
        target: { kind: 'at most', limit: 180 },
      },
    ];
  } finally {
    idle.kill();
  }
}
