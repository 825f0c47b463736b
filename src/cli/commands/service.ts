/** `croft up`, `down` and `serve`: the controller as a process of this machine. */
import type { Command } from 'commander';
import { positiveNumber, wholeNumber } from '../arguments.ts';
import type { CliContext } from '../context.ts';
import { withExamples } from '../examples.ts';
import { askOnTerminal } from '../input.ts';
import type { ServeOptions } from '../local-operations.ts';

export function registerServe(serve: Command, context: CliContext): void {
  withExamples(
    withServeOptions(serve),
    'croft serve',
    'croft serve --database postgres://croft@db/croft --segments 100-199',
    'CROFT_HOME=/tmp/trial croft serve --simulate nodes=1000',
  );
  serve.action(async (options: ServeOptions) => {
    const local = await context.environment.local();
    await local.serve(options);
  });
}

export function registerUp(up: Command, context: CliContext): void {
  withExamples(withServeOptions(up), 'croft up', 'croft up --port 7500');
  up.action(async (options: ServeOptions) => {
    const local = await context.environment.local();
    const { url, pid, started, log, standby } = await local.up(options);
    context.print(`the controller ${started ? 'listens' : 'was running already'} at ${url} (process ${pid}, log ${log})`);
    if (standby) context.print('another controller leads with its database; this one stands by, and takes over when that one ends');
  });
}

export function registerDown(down: Command, context: CliContext): void {
  down.option('--purge', 'remove all slices, nodes and everything that Croft made on this machine').option('-y, --yes', 'do not ask');
  withExamples(down, 'croft down', 'croft down --purge --yes');
  down.action(async ({ purge, yes }: { purge?: true; yes?: true }) => {
    const local = await context.environment.local();
    if (purge) {
      if (!yes) await askOnTerminal(context, 'Remove all slices with their disks, and everything that Croft made on this machine?');
      return await local.purge((line) => context.print(line));
    }
    const ended = await local.down();
    if (ended === null) context.print('no controller was running');
    else
      context.print(
        `stopped the controller; ${ended.simulated ? 'its simulated VMs are gone with it until it is started again' : 'VMs go on running'}`,
      );
  });
}

function withServeOptions(command: Command): Command {
  return command
    .option('--host <address>', 'address to listen on (127.0.0.1)')
    .option('--port <port>', 'port to listen on, 0 lets the system choose (7420)', wholeNumber(0, 65_535))
    .option('--database <place>', 'file path of a SQLite database, or a postgres:// URL')
    .option('--segments <range>', 'VLAN tags that networks get (2000-2999)')
    .option('--transit <range>', 'range that transit networks are cut from (100.64.0.0/10)')
    .option('--config <file>', "image map: where images come from (images.yaml in the controller's home)")
    .option('--interval <seconds>', 'between passes that nothing asked for (10)', positiveNumber)
    .option('--placement <policy>', 'spread, pack or round-robin, for slices that do not say it (spread)')
    .option('--events-kept <count>', 'how many events are kept at most (1000000)', wholeNumber(1))
    .option('--events-age <days>', 'how long events are kept (30)', wholeNumber(1, 36_500))
    .option('--tasks-kept <count>', 'how many ended tasks are kept at most (100000)', wholeNumber(1))
    .option('--tasks-age <days>', 'how long ended tasks are kept (30)', wholeNumber(1, 36_500))
    .option('--simulate <nodes>', 'simulated nodes in place of real ones, such as nodes=1000,delay=20ms,failures=1%; see docs/cli.md');
}
