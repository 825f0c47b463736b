/** The composition root: the only reader of environment and arguments. */
import { fileURLToPath } from 'node:url';
import { runCli } from './cli/cli.ts';
import { homeFolder, packageVersion } from './controller/options.ts';
import { createService } from './controller/service.ts';

const self = fileURLToPath(import.meta.url);
const { env: environment } = process;

process.exitCode = await runCli(process.argv.slice(2), {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  isTerminal: process.stdin.isTTY === true && process.stdout.isTTY === true,
  width: process.stdout.columns ?? 80,
  color: process.stdout.isTTY === true && environment.NO_COLOR === undefined,
  debug: environment.CROFT_DEBUG !== undefined,
  version: packageVersion(),
  demoSlice: fileURLToPath(new URL('../examples/hello.yaml', import.meta.url)),
  local: createService({
    homeFolder: homeFolder(environment, process.getuid?.() ?? 0),
    environment,
    self: [process.execPath, ...process.execArgv, self],
  }),
});
