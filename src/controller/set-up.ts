/** The set-up scripts of this checkout: Debian packages, and Open vSwitch where no service manager starts it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Say } from '../cli/local-operations.ts';
import { CroftError } from '../model/error.ts';

const setUpScript = fileURLToPath(new URL('../../scripts/setup.sh', import.meta.url));
const openVSwitchScript = fileURLToPath(new URL('../../scripts/openvswitch.sh', import.meta.url));

/** Installs missing packages of these sections of the package list. Rejects with `node.unfit` and the script's own words. */
export async function runSetUp(sections: readonly string[], say: Say): Promise<void> {
  const { code, lines } = await runScript(setUpScript, sections, say);
  if (code === 0) return;
  throw new CroftError('node.unfit', `the set-up failed: ${lines.slice(-5).join('\n')}`, {
    hint: `run ${setUpScript} ${sections.join(' ')} by hand to see all of its output`,
  });
}

/** Stops Open vSwitch where Croft started it; true when it was stopped. */
export async function stopOpenVSwitch(): Promise<boolean> {
  const { code, lines } = await runScript(openVSwitchScript, ['stop'], () => undefined);
  return code === 0 && lines.length > 0;
}

async function runScript(script: string, parameters: readonly string[], say: Say): Promise<{ code: number; lines: string[] }> {
  const child = spawn(script, parameters, { stdio: ['ignore', 'pipe', 'pipe'] });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line);
      say(line);
    });
  }
  const [code] = (await once(child, 'close')) as [number | null];
  return { code: code ?? 1, lines };
}
