/** What a person waits for the command line itself, against Node doing nothing. */
import { fileURLToPath } from 'node:url';
import { must, run } from '../../test/lab/machine.ts';
import type { Figure } from '../figure.ts';

const croft = fileURLToPath(new URL('../../croft', import.meta.url));
const repetitions = 10;

export async function measureHelp(): Promise<Figure[]> {
  const [help, nothing]: [number[], number[]] = [[], []];
  // The first start fills the compile cache, as it does once after an installation.
  await timed([croft, '--help']);
  for (let repetition = 0; repetition < repetitions; repetition++) {
    help.push(await timed([croft, '--help']));
    nothing.push(await timed([process.execPath, '-e', '0']));
  }
  return [
    {
      scenario: 'help',
      unit: 'ms',
      measured: { name: 'croft --help', samples: help },
      alternative: { name: 'node -e 0', samples: nothing },
      target: { kind: 'at most', limit: 150 },
    },
  ];
}

async function timed(argv: [string, ...string[]]): Promise<number> {
  const start = performance.now();
  await must(run(argv), argv.join(' '));
  return performance.now() - start;
}
