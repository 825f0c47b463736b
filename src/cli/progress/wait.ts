/** Waits for a task with its progress shown: lines redrawn on a terminal, a line per event elsewhere. */
import { followTask } from '../../client/follow-task.ts';
import { CroftError } from '../../model/error.ts';
import type { Event } from '../../model/event.ts';
import type { Task } from '../../model/task.ts';
import type { CliContext } from '../context.ts';
import { Interrupted } from '../interrupted.ts';
import { durationInWords } from '../output/quantity.ts';
import { oneLine } from '../output/table.ts';
import { taskSubject } from '../views/record.ts';
import { vmState } from '../views/vm.ts';
import { LiveLines } from './live-lines.ts';
import { progressLines } from './progress-lines.ts';
import { VmWatch } from './vm-watch.ts';

export interface WaitOptions {
  /** Sequence of the last event before the task began. */
  after: number;
  /** ms. */
  timeout: number;
}

/** ms between drawings without events, so that the displayed times advance. */
const redrawEvery = 200;

/**
 * Resolves with the task once it is done. Rejects with `command.failed` where it failed, `command.timeout` with each VM's reason where it
 * took too long, and Interrupted on Ctrl-C; in the last two cases the task continues.
 */
export async function waitForTask(context: CliContext, task: Task, { after, timeout }: WaitOptions): Promise<Task> {
  const client = await context.client();
  const ending = new AbortController();
  const beganAt = Date.now();
  const watch = new VmWatch(client, task, Date.now);
  const timer = setTimeout(() => ending.abort('timeout'), timeout);
  const release = context.environment.onInterrupt(() => ending.abort('interrupt'));
  const signal = AbortSignal.any([ending.signal, context.unread]);
  const display = context.environment.isTerminal ? liveDisplay(context, watch) : plainDisplay(context, beganAt);
  try {
    await watch.refresh();
    const ended = await followTask(client, task, { after, signal, onEvent: display.event });
    await watch.refresh();
    display.end();
    return succeeded(ended);
  } catch (error) {
    display.end();
    if (ending.signal.reason === 'interrupt') throw new Interrupted(goesOn(task));
    if (ending.signal.reason === 'timeout') throw await tookTooLong(task, watch, timeout);
    throw error;
  } finally {
    display.end();
    clearTimeout(timer);
    release();
  }
}

function goesOn(task: Task): string {
  return `${task.kind} of ${taskSubject(task)} continues in the background; \`croft task wait ${task.id}\` shows it again`;
}

function succeeded(task: Task): Task {
  if (task.state !== 'failed') return task;
  throw new CroftError('command.failed', `${task.kind} of ${taskSubject(task)} failed: ${task.message ?? 'no reason was recorded'}`, {
    hint: `see \`croft events --slice ${task.subject}\``,
  });
}

async function tookTooLong(task: Task, watch: VmWatch, timeout: number): Promise<CroftError> {
  await watch.refresh().catch(() => undefined);
  const open = watch.progress
    .filter(({ endedAt }) => endedAt === null)
    .map(({ vm }) => `${vm.slice}/${vm.name} is ${vmState(vm)}: ${oneLine(vm.reason ?? vm.step ?? 'no reason is known')}`);
  const what = `${task.kind} of ${taskSubject(task)} is not done after ${durationInWords(timeout)}`;
  return new CroftError('command.timeout', [what, ...open].join('\n  '), { hint: goesOn(task) });
}

interface Display {
  event(event: Event): void;
  /** The last drawing; may be called again. */
  end(): void;
}

function liveDisplay(context: CliContext, watch: VmWatch): Display {
  const { environment, paint } = context;
  const lines = new LiveLines(environment.stderr);
  const draw = (): void => {
    const { progress } = watch;
    const { width, height } = environment;
    if (progress.length > 0) lines.draw(progressLines(progress, { now: Date.now(), width: width - 1, height: height - 1, paint }));
  };
  const timer = setInterval(draw, redrawEvery);
  let ended = false;
  return {
    // A failed read is repeated at the next event; the wait itself ends with the followed task.
    event: () => void watch.refresh().then(draw, () => undefined),
    end: () => {
      if (ended) return;
      ended = true;
      clearInterval(timer);
      draw();
    },
  };
}

function plainDisplay(context: CliContext, beganAt: number): Display {
  return { event: (event) => context.say(progressLine(event, beganAt)), end: () => undefined };
}

/** `  3.2 s  web on n1  start done (0.4 s)`. */
export function progressLine(event: Event, beganAt: number): string {
  const subject = event.vm ?? event.slice ?? event.kind;
  const place = event.node === null ? subject : `${subject} on ${event.node}`;
  const took = event.step?.duration == null ? '' : ` (${durationInWords(event.step.duration)})`;
  return `${durationInWords(event.at - beganAt).padStart(8)}  ${place}  ${oneLine(event.message)}${took}`;
}
