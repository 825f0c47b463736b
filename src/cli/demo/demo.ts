/** The demo: controller, image, node and slice, each created where missing, and the proof that the slice works. */
import { readFile } from 'node:fs/promises';
import type { Client } from '../../client/client.ts';
import type { Task } from '../../model/task.ts';
import type { CliContext } from '../context.ts';
import { Interrupted } from '../interrupted.ts';
import type { Connection } from '../local-operations.ts';
import { counted } from '../output/quantity.ts';
import { waitForTask } from '../progress/wait.ts';
import { vmTable } from '../views/vm.ts';
import { addressedVms, greeting } from './greeting.ts';
import { ensureNode, readyNodes } from './node-readiness.ts';
import { StepLog } from './step-log.ts';

const image = 'micro';
const deployTime = 300_000;

/** Every step has no effect where its outcome exists already, so that a second run is quick and harmless. */
export async function runDemo(context: CliContext): Promise<void> {
  const ending = new AbortController();
  const release = context.environment.onInterrupt(() => ending.abort());
  const signal = AbortSignal.any([ending.signal, context.unread]);
  try {
    await demonstrate(context, signal);
  } catch (error) {
    if (!ending.signal.aborted) throw error;
    throw new Interrupted('the demo ended early; what it started continues, and `croft demo` resumes where it was');
  } finally {
    release();
  }
}

async function demonstrate(context: CliContext, signal: AbortSignal): Promise<void> {
  const steps = new StepLog(context);
  const local = await context.environment.local();
  const { url } = await steps.run('start the controller', () => local.up({}), upInWords);
  const client = await context.client();
  await steps.run(
    `build the image ${image}`,
    () => ensureImage(client),
    (built) => (built ? 'built' : 'was there already'),
  );
  await steps.run(
    'adopt a node',
    () => ensureNode(client),
    ({ adopted, nodes }) => (adopted ? 'this machine is node local' : `there already: ${nodes.map(({ name }) => name).join(', ')}`),
  );
  await steps.run(
    'wait until a node is ready',
    () => readyNodes(client, signal),
    (nodes) => nodes.map(nodeInWords).join('; '),
  );
  const { slice } = await steps.run(
    `deploy ${context.environment.demoSlice.split('/').slice(-2).join('/')}`,
    () => deploy(context, client),
    ({ slice, changed }) => (changed ? `slice ${slice} is deployed` : `slice ${slice} was as it should be`),
  );
  const vms = await steps.run(
    'wait for addresses',
    () => addressedVms(client, slice, signal),
    (found) => `${counted(found.length, 'VM')} with addresses`,
  );
  await steps.run(
    'reach one VM from the other by name',
    () => greeting(client, slice, signal),
    (line) => line,
  );

  context.print(['', steps.table(), '', vmTable(vms, context.view()), '', nextSteps(context.environment.program, url, slice)].join('\n'));
}

function upInWords({ url, started }: Connection & { started: boolean }): string {
  return started ? `listens at ${url}` : `was running already at ${url}`;
}

function nodeInWords({ name, specs }: Awaited<ReturnType<typeof readyNodes>>[number]): string {
  return specs === null ? `${name} is ready` : `${name} is ready: ${counted(specs.cpus, 'CPU')}, accelerator ${specs.accelerator.kind}`;
}

/** True where it had to be built. */
async function ensureImage(client: Client): Promise<boolean> {
  if ((await client.images.list()).some(({ name }) => name === image)) return false;
  await client.images.buildMicro(image);
  return true;
}

async function deploy(context: CliContext, client: Client): Promise<{ slice: string; changed: boolean }> {
  context.inputName = context.environment.demoSlice;
  const text = await readFile(context.environment.demoSlice, 'utf8');
  const { sequence } = await client.events.latest();
  const { slice, task } = await client.slices.apply({ text });
  const begun: Task | null = task ?? (slice.desired === 'running' ? null : await client.slices.start(slice.name));
  if (begun !== null) await waitForTask(context, begun, { after: sequence, timeout: deployTime });
  return { slice: slice.name, changed: begun !== null };
}

/** `program` is the name of this call, so that the lines can be typed as they are. */
function nextSteps(program: string, url: string, slice: string): string {
  const steps = [
    [`vm console ${slice}/web`, 'log in on the serial console; Ctrl-] leaves'],
    ['vm ls', 'what runs where'],
    [`slice export ${slice} > my.yaml`, 'the slice as a file, to be edited'],
    ['slice plan -f my.yaml', 'what an edited file would change'],
    ['events --follow', 'what happens, as it happens'],
    ['down', 'stop the controller; the VMs go on'],
    ['down --purge', 'remove everything again'],
  ].map(([command, meaning]) => [`${program} ${command}`, meaning] as const);
  const width = Math.max(...steps.map(([command]) => command.length)) + 2;
  const lines = steps.map(([command, meaning]) => `  ${command.padEnd(width)}${meaning}`);
  return [`The API listens at ${url}; its description is at ${url}/v1/openapi.json.`, 'What to try next:', ...lines].join('\n');
}
