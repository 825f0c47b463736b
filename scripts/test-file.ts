/** Runs one program of the test run in a process group of its own, so that a hang fails rather than blocks. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestOutcome } from './test-reporter.ts';

const reporter = fileURLToPath(new URL('test-reporter.ts', import.meta.url));
const room = fileURLToPath(new URL('test-room.sh', import.meta.url));

interface Ended {
  code: number | null;
  timedOut: boolean;
  /** Standard output and standard error, as they came. */
  output: string;
}

interface TestFile {
  file: string;
  /** Made for it; what it says of its tests is kept there, and read also when it was killed. */
  folder: string;
  /** ms. */
  timeout: number;
  /** Alone with all that it starts; needs root. */
  inRoom: boolean;
}

/** Runs a test file; always resolves. */
export async function runTestFile({ file, folder, timeout, inRoom }: TestFile): Promise<TestOutcome[]> {
  await mkdir(folder);
  const results = join(folder, 'results');
  const words = [process.execPath, ...process.execArgv, `--test-reporter=${reporter}`, `--test-reporter-destination=${results}`, file];
  const argv = inRoom
    ? ['setpriv', '--pdeathsig', 'KILL', 'unshare', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc', room, folder, ...words]
    : words;
  const started = performance.now();
  const { code, timedOut, output } = await runProgram(argv, timeout);
  const outcomes = parseOutcomes(await readFile(results, 'utf8').catch(() => ''));
  const left = await readFile(join(folder, 'left'), 'utf8').catch(() => '');
  if (left !== '') outcomes.push({ name: `${file} leaves nothing behind`, outcome: 'failed', reason: left.trimEnd(), duration: 0 });
  const isExplained = code === 0 ? outcomes.length > 0 : !timedOut && outcomes.some(({ outcome }) => outcome === 'failed');
  if (isExplained) return outcomes;
  const why = timedOut ? `did not end within ${timeout / 1000} s` : code === 0 ? 'has no test' : `ended with exit code ${code}`;
  return [...outcomes, { name: file, outcome: 'failed', reason: `${file} ${why}\n${output}`, duration: performance.now() - started }];
}

/** Runs a check that says by its exit code whether it passed. */
export async function runGate(name: string, argv: readonly string[], timeout: number): Promise<TestOutcome> {
  const started = performance.now();
  const { code, timedOut, output } = await runProgram(argv, timeout);
  const reason = timedOut ? `did not end within ${timeout / 1000} s\n${output}` : output;
  return { name, outcome: code === 0 ? 'passed' : 'failed', reason: code === 0 ? '' : reason, duration: performance.now() - started };
}

function parseOutcomes(lines: string): TestOutcome[] {
  // A killed process may leave half a line.
  const whole = lines.slice(0, lines.lastIndexOf('\n') + 1);
  return whole
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as TestOutcome);
}

async function runProgram([command = '', ...argv]: readonly string[], timeout: number): Promise<Ended> {
  const child = spawn(command, argv, { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    killGroup(child.pid);
  }, timeout);
  try {
    const [code] = (await once(child, 'exit')) as [number | null];
    return { code, timedOut, output };
  } catch (error) {
    return { code: null, timedOut, output: String(error) };
  } finally {
    clearTimeout(timer);
    // What the program left in its group would hold the pipes open.
    child.stdout.destroy();
    child.stderr.destroy();
  }
}

function killGroup(pid: number | undefined): void {
  if (pid !== undefined) process.kill(-pid, 'SIGKILL');
}
