/** `npm test`: gates and tests in stages. A stage that fails does not keep the next from running. */
import { randomUUID } from 'node:crypto';
import { globSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { stopLab } from '../test/lab/lab.ts';
import { runningMachines } from '../test/lab/machine.ts';
import { processesOf, readMachine, runVariable } from './leaks.ts';
import { runGate, runTestFile } from './test-file.ts';
import type { TestOutcome } from './test-reporter.ts';

const gates: Record<string, readonly string[]> = {
  'types (tsc)': ['tsc', '-p', '.'],
  'lint and format (biome)': ['biome', 'check', '--error-on-warnings'],
  'import directions': ['node', 'scripts/import-directions.ts'],
  'unused code (knip)': ['knip'],
  'openapi.json is current': ['node', ...process.execArgv, 'scripts/openapi.ts', '--check'],
  'shell, awk and python programs': ['node', ...process.execArgv, 'scripts/check-scripts.ts'],
};

interface Stage {
  name: string;
  files: string[];
  concurrency: number;
  /** Per file, in ms. */
  timeout: number;
  needsRoot: boolean;
}

const stages: Stage[] = [
  {
    name: 'unit',
    files: globSync(['src/**/*.test.ts', 'scripts/**/*.test.ts', 'test/{lab,support}/**/*.test.ts']),
    concurrency: availableParallelism(),
    timeout: 240_000,
    needsRoot: false,
  },
  { name: 'integration', files: globSync('test/integration/**/*.test.ts'), concurrency: 2, timeout: 900_000, needsRoot: true },
  {
    name: 'e2e',
    files: globSync('test/e2e/**/*.test.ts'),
    // Their guests boot one after the other, and hosts are waited for: side by side, one uses the processors while another waits.
    concurrency: 2,
    timeout: 1_800_000,
    needsRoot: true,
  },
];

const wanted = process.argv.slice(2);
const known = ['gates', ...stages.map(({ name }) => name)];
const unknown = wanted.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  console.error(`no stage ${unknown.join(', ')}; there are: ${known.join(', ')}`);
  process.exit(2);
}
const isWanted = (name: string) => wanted.length === 0 || wanted.includes(name);

const run = randomUUID();
process.env[runVariable] = run;
const before = await readMachine();
const outcomes: TestOutcome[] = [];
const folder = await mkdtemp(join(tmpdir(), 'croft-test-'));
try {
  if (isWanted('gates')) await runGates();
  for (const stage of stages) if (isWanted(stage.name)) await runStage(stage);
} finally {
  await rm(folder, { recursive: true });
}
await checkLeaks();
summarise();

async function runGates(): Promise<void> {
  console.log('\n== gates');
  for (const [name, argv] of Object.entries(gates)) record('gates', await runGate(name, argv, 120_000));
}

async function runStage(stage: Stage): Promise<void> {
  console.log(`\n== ${stage.name}`);
  if (stage.needsRoot && process.getuid?.() !== 0) {
    for (const file of stage.files) record(file, { name: file, outcome: 'skipped', reason: 'needs root: sudo npm test', duration: 0 });
    return;
  }
  const waiting = stage.files.sort().entries();
  const worker = async () => {
    for (const [index, file] of waiting) {
      const place = join(folder, `${stage.name}-${index}`);
      const results = await runTestFile({ file, folder: place, timeout: stage.timeout, inRoom: stage.needsRoot });
      for (const outcome of results) record(file, outcome);
    }
  };
  await Promise.all(Array.from({ length: stage.concurrency }, worker));
}

function record(file: string, outcome: TestOutcome): void {
  outcomes.push(outcome);
  const sign = { passed: '✔', failed: '✖', skipped: '﹣' }[outcome.outcome];
  console.log(`${sign} ${file}: ${outcome.name} (${Math.round(outcome.duration)} ms)`);
  if (outcome.reason !== '') console.log(outcome.reason.replace(/^/gm, '    '));
}

/** What disappears a moment after its process, as the interfaces of a dead namespace do, is no leak. */
async function checkLeaks(): Promise<void> {
  const leaks = async () => {
    const appeared = [...(await readMachine())].filter((thing) => !before.has(thing));
    return { appeared, processes: await processesOf(run) };
  };
  const started = performance.now();
  let found = await leaks();
  while (found.appeared.length + found.processes.length > 0 && performance.now() - started < 5000) {
    await delay(100);
    found = await leaks();
  }
  const words = [...found.appeared, ...found.processes.map(({ pid, command }) => `process ${pid}: ${command}`)];
  for (const { pid } of found.processes) process.kill(pid, 'SIGKILL');
  for (const lab of found.appeared.flatMap((thing) => /^lab ([a-z].*)$/.exec(thing)?.[1] ?? [])) await removeDeadLab(lab);
  console.log('\n== leaks');
  record('machine', {
    name: 'nothing is left behind',
    outcome: words.length === 0 ? 'passed' : 'failed',
    reason: words.join('\n'),
    duration: performance.now() - started,
  });
}

/** What is left of a lab whose test was killed. One that runs is somebody else's. */
async function removeDeadLab(name: string): Promise<void> {
  if ((await runningMachines(name)).size === 0) await stopLab(name);
}

function summarise(): void {
  const named = (outcome: TestOutcome['outcome']) => outcomes.filter((one) => one.outcome === outcome);
  const [failed, skipped] = [named('failed'), named('skipped')];
  if (skipped.length > 0) console.log('\n== skipped');
  for (const { name, reason } of skipped) console.log(`﹣ ${name}: ${reason}`);
  if (failed.length > 0) console.log('\n== failed');
  // Again with their reasons: of a long output often only the end is kept.
  for (const { name, reason } of failed) console.log(`✖ ${name}\n${reason.replace(/^/gm, '    ')}`);
  console.log(`\n${named('passed').length} passed, ${failed.length} failed, ${skipped.length} skipped`);
  process.exitCode = failed.length === 0 ? 0 : 1;
}
