/** From the request to start a VM until its guest's first line, against the same QEMU command line started by hand. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { LabHost } from '../../test/lab/lab.ts';
import { insideCommand, must, runningMachines } from '../../test/lab/machine.ts';
import type { Figure } from '../figure.ts';
import { makeTaps, nextLine, runFolder, startUntilLine, tapsGone } from '../first-line.ts';
import { done, type Guest, removeSlice, type Stage } from '../stage.ts';

const repetitions = 5;
const slice = 'console';
const vm = 'vm';

export async function measureConsole(stage: Stage, say: (line: string) => void): Promise<Figure[]> {
  return [await compare(stage, 'micro', say), await compare(stage, 'sector', say)];
}

async function compare(stage: Stage, guest: Guest, say: (line: string) => void): Promise<Figure> {
  const { client } = stage.controller;
  const { sequence } = await client.events.latest();
  const file = { slice, networks: { lan: {} }, vms: { [vm]: { image: guest, cpus: 1, memory: '128MiB', nics: ['lan'] } } };
  await done(client, (await client.slices.apply({ file })).task, sequence);
  const started = await findStarted(stage);
  await stop(stage);
  await tapsGone(started.host, tapsOf(started.argv));
  const [croft, byHand]: [number[], number[]] = [[], []];
  for (let repetition = 0; repetition < repetitions; repetition++) {
    const byCroft = await startUntilLine(client, slice, vm, started.consoleLog);
    croft.push(byCroft);
    await stop(stage);
    await tapsGone(started.host, tapsOf(started.argv));
    const alternative = await withoutCroft(started);
    byHand.push(alternative);
    say(`console ${guest}: ${byCroft.toFixed(0)} ms, by hand ${alternative.toFixed(0)} ms`);
  }
  await removeSlice(client, slice);
  return {
    scenario: 'console',
    unit: 'ms',
    measured: { name: `vm start to the first line of guest ${guest}`, samples: croft },
    alternative: { name: 'the same QEMU command by hand', samples: byHand },
    target: guest === 'micro' ? { kind: 'ratio at most', limit: 1.1 } : null,
  };
}

interface Started {
  host: LabHost;
  /** Process id of the host's first process, as seen from here. */
  machine: number;
  /** QEMU's, as Croft started it. */
  argv: string[];
  /** From here. */
  consoleLog: string;
}

async function findStarted({ lab, controller: { client } }: Stage): Promise<Started> {
  const { id, node } = await client.vms.get(slice, vm);
  const host = lab.hosts.find(({ name }) => name === node);
  const machine = (await runningMachines(lab.name)).get(node ?? '');
  if (host === undefined || machine === undefined) throw new Error(`VM ${vm} is on no host of the lab`);
  const folder = await runFolder(host, id);
  const cmdline = await must(host.exec(['sh', '-c', 'cat "/proc/$(cat "$1/pid")/cmdline"', 'sh', folder]), 'reading its command line');
  return { host, machine, argv: cmdline.split('\0').slice(0, -1), consoleLog: `/proc/${machine}/root${folder}/console.log` };
}

async function stop({ controller: { client } }: Stage): Promise<void> {
  const { sequence } = await client.events.latest();
  await done(client, await client.vms.stop(slice, vm), sequence);
}

function tapsOf(argv: readonly string[]): string[] {
  return argv.flatMap((word) => /^tap,.*ifname=(\w+)/.exec(word)?.[1] ?? []);
}

/** The taps are there before, and the shell that starts it runs already: nothing but QEMU and its guest is measured. */
async function withoutCroft({ host, machine, argv, consoleLog }: Started): Promise<number> {
  await using _ = await makeTaps(host, tapsOf(argv));
  const [program, ...rest] = insideCommand(machine, ['sh', '-c', 'echo "$$"; read -r _; exec "$@"', 'sh', ...argv]);
  const shell = spawn(program, rest, { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(shell, 'exit');
  const [pid] = (await once(shell.stdout, 'data')) as [Buffer];
  try {
    const line = await nextLine(consoleLog);
    const start = performance.now();
    shell.stdin.write('\n');
    return (await line()) - start;
  } finally {
    await must(host.exec(['kill', '-KILL', pid.toString().trim()]), 'ending QEMU');
    await ended;
  }
}
