/** Small files on a node, written atomically. */
import type { Call } from '../host/host.ts';
import { readScript } from '../host/script.ts';
import { CroftError } from '../model/error.ts';

const writeScript = readScript(import.meta.url, 'scripts/write-file.sh');

/** Writes a file of mode 0644 into a folder, which is created where missing. */
export function writeFile(folder: string, name: string, content: string): Call<void> {
  return fileCall(['sh', '-c', writeScript, 'sh', folder, name], `${folder}/${name} could not be written`, content);
}

/** Removes files and folders with all content; missing ones do not matter. */
export function removeFiles(...paths: readonly string[]): Call<void> {
  return fileCall(['rm', '-rf', '--', ...paths], `${paths.join(', ')} could not be removed`, '');
}

function fileCall(argv: [string, ...string[]], what: string, stdin: string): Call<void> {
  return {
    command: { argv, stdin },
    parse(result) {
      if (result.code !== 0) throw new CroftError('command.failed', `${what}: ${result.stderr.trim()}`);
    },
  };
}
