/** `croft vm console`: the serial console of a VM on this terminal, or between two pipes. */
import type { Command } from 'commander';
import type { Console } from '../../client/console.ts';
import { longestLog } from '../../model/vm/operations.ts';
import { positiveNumber, type VmName, wholeNumber } from '../arguments.ts';
import type { CliContext } from '../context.ts';
import { withExamples } from '../examples.ts';

interface ConsoleOptions {
  log?: true | number;
  /** Seconds. */
  for?: number;
}

/** Ctrl-], as telnet and virsh have it. */
const leave = 0x1d;

export function registerVmConsole(command: Command, context: CliContext): void {
  command
    .description('use the serial console of a VM; Ctrl-] leaves')
    .option('--log [bytes]', 'only print what it printed so far, at most so many bytes of it', wholeNumber(1, longestLog))
    .option('--for <seconds>', 'leave so long after standard input ended; on a terminal, after the console is open', positiveNumber);
  withExamples(
    command,
    'croft vm console hello/web',
    'croft vm console hello/web --log',
    "echo 'ip addr' | croft vm console hello/web --for 2",
  );
  command.action(async ({ slice, vm }: VmName, { log, for: seconds }: ConsoleOptions) => {
    const client = await context.client();
    if (log !== undefined) return context.print(await client.vms.consoleLog(slice, vm, log === true ? undefined : log));
    const console = await client.vms.console(slice, vm);
    const { isTerminal } = context.environment;
    if (isTerminal) context.say(`The console of ${slice}/${vm}. Press Enter to see a prompt; Ctrl-] leaves.`);
    await relay(context, console, seconds ?? null);
    if (isTerminal) context.say('\nLeft the console.');
  });
}

async function relay(context: CliContext, console: Console, seconds: number | null): Promise<void> {
  const { stdin, stdout, isTerminal, onInterrupt } = context.environment;
  let timer: NodeJS.Timeout | undefined;
  const close = (): void => console.close();
  // Counted from the connection to the guest: before it, neither output nor a failure is visible.
  const leaveLater = async (): Promise<void> => {
    if (seconds !== null && (await console.opened)) timer ??= setTimeout(close, seconds * 1000);
  };
  const onData = (data: Buffer): void => {
    const end = isTerminal ? data.indexOf(leave) : -1;
    const typed = end < 0 ? data : data.subarray(0, end);
    if (typed.length > 0) console.send(new Uint8Array(typed));
    if (end >= 0) close();
  };
  const release = onInterrupt(close);
  context.unread.addEventListener('abort', close);
  if (isTerminal) {
    stdin.setRawMode?.(true);
    void leaveLater();
  }
  const onEnd = (): void => void leaveLater();
  stdin.on('data', onData);
  stdin.once('end', onEnd);
  try {
    for await (const bytes of console.output) if (!stdout.write(bytes)) await drained(stdout, context.unread);
  } finally {
    if (isTerminal) stdin.setRawMode?.(false);
    stdin.off('data', onData).off('end', onEnd);
    stdin.destroy();
    clearTimeout(timer);
    context.unread.removeEventListener('abort', close);
    release();
    close();
  }
}

function drained(output: NodeJS.EventEmitter, unread: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (unread.aborted) return resolve();
    output.once('drain', resolve);
    unread.addEventListener('abort', () => resolve(), { once: true });
  });
}
