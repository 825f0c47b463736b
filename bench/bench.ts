/** Measures what Croft claims about its speed. usage: npm run bench -- [--write] [deploy|console|pass|observe|spread|idle|placement|libvirt|help|simulate]... */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type Figure, judge } from './figure.ts';
import { describeMachine } from './machine.ts';
import { table, writeJson, writePage } from './report.ts';
import { measureConsole } from './scenarios/console.ts';
import { measureDeploy } from './scenarios/deploy.ts';
import { measureFetch } from './scenarios/fetch.ts';
import { measureHelp } from './scenarios/help.ts';
import { measureIdle } from './scenarios/idle.ts';
import { measureLibvirt } from './scenarios/libvirt.ts';
import { measureObserve } from './scenarios/observe.ts';
import { measurePass } from './scenarios/pass.ts';
import { measurePlacement } from './scenarios/placement.ts';
import { measureSimulate } from './scenarios/simulate.ts';
import { measureSpread } from './scenarios/spread.ts';
import { prepareStage, type Stage } from './stage.ts';

type Say = (line: string) => void;

const scenarios: Record<string, (stage: Stage, say: Say) => Promise<Figure[]>> = {
  deploy: measureDeploy,
  console: measureConsole,
  pass: measurePass,
  observe: measureObserve,
  spread: measureSpread,
  idle: measureIdle,
  placement: measurePlacement,
  libvirt: measureLibvirt,
  fetch: measureFetch,
  help: measureHelp,
};

/** These have no need of a lab. */
const alone: Record<string, (say: Say) => Promise<Figure[]>> = { simulate: measureSimulate };

const { values, positionals } = parseArgs({ allowPositionals: true, options: { write: { type: 'boolean', default: false } } });
const names = [...Object.keys(scenarios), ...Object.keys(alone)];
const unknown = positionals.find((name) => !names.includes(name));
if (unknown !== undefined) throw new Error(`no scenario ${unknown}: there are ${names.join(', ')}`);
const chosen = positionals.length > 0 ? positionals : names;

const begun = performance.now();
const say: Say = (line) => console.error(`${((performance.now() - begun) / 1000).toFixed(0).padStart(4)} s  ${line}`);
const machine = describeMachine();
const setup = fileURLToPath(new URL('../scripts/setup.sh', import.meta.url));
execFileSync(setup, ['--packages-only', 'controller', 'node', 'image', 'libvirt', 'bench'], { stdio: 'inherit' });

const results = { machine, figures: (await measure()).map(judge) };
console.log(table(results.figures));
say(`all samples: ${await writeJson(results)}`);
if (values.write) await writePage(results);

async function measure(): Promise<Figure[]> {
  const figures: Figure[] = [];
  const record = async (name: string, measureScenario: () => Promise<Figure[]>): Promise<void> => {
    say(`measuring ${name}`);
    const measured = await measureScenario();
    say(`\n${table(measured.map(judge))}`);
    figures.push(...measured);
  };
  for (const [name, scenario] of Object.entries(alone)) if (chosen.includes(name)) await record(name, () => scenario(say));
  const staged = chosen.filter((name) => Object.hasOwn(scenarios, name));
  if (staged.length === 0) return figures;
  await using stage = await prepareStage(say);
  for (const name of staged) await record(name, async () => (await scenarios[name]?.(stage, say)) ?? []);
  return figures;
}
