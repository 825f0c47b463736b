/** The composition root: the only reader of environment and arguments. Heavy modules are loaded only where they are used. */
import { fileURLToPath } from 'node:url';
import { runCli } from './cli/cli.ts';
import { homeFolder, packageVersion } from './controller/installation.ts';

const self = fileURLToPath(import.meta.url);
const { env: environment } = process;

process.exitCode = await runCli(process.argv.slice(2), {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  isTerminal: process.stdin.isTTY === true && process.stdout.isTTY === true,
  width: process.stdout.columns ?? Number.POSITIVE_INFINITY,
  height: process.stdout.rows ?? Number.POSITIVE_INFINITY,
  color: process.stdout.isTTY === true && (environment.NO_COLOR ?? '') === '',
  debug: environment.CROFT_DEBUG !== undefined,
  version: packageVersion(),
  program: environment.CROFT_COMMAND ?? 'croft',
  demoSlice: fileURLToPath(new URL('../examples/hello.yaml', import.meta.url)),
  local: async () => {
    const { createService } = await import('./controller/service.ts');
    return createService({
      homeFolder: homeFolder(environment, process.getuid?.() ?? 0),
      environment,
      self: [process.execPath, ...process.execArgv, self],
    });
  },
  connect: async (connection) => {
    const { createClient } = await import('./client/client.ts');
    return createClient(connection);
  },
  onInterrupt: (listener) => {
    process.on('SIGINT', listener);
    return () => process.off('SIGINT', listener);
  },
});
