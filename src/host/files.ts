/** Small files on a node, read and written atomically; each as a Call, so that it can travel in a batch with others. */
import { CroftError } from '../model/error.ts';
import { fileError } from './file-error.ts';
import { type Call, type Host, perform } from './host.ts';
import { readScript } from './script.ts';

/** Exit code where there is no file. */
const absent = 44;
const readFileScript = readScript(import.meta.url, 'scripts/read-file.sh');

/** Reads a text file; null where there is none. */
export function fileContent(path: string): Call<string | null> {
  return {
    command: { argv: ['sh', '-c', readFileScript, 'sh', path] },
    parse: ({ code, stdout, stderr }) => {
      if (code === absent) return null;
      if (code !== 0) throw new CroftError('command.failed', `The file ${path} cannot be read: ${stderr.trim()}`);
      return stdout;
    },
  };
}

export interface FileToWrite {
  path: string;
  content: string | Uint8Array;
  /** Permission bits, such as 0o600; 0o644 where absent. */
  mode?: number;
  /** `user` or `user:group`, by name or number; the writing user where absent. */
  owner?: string;
}

const writeScript = readScript(import.meta.url, 'scripts/write-file.sh');

/** Writes a file into place by renaming; its folder must exist. Fails with `disk.full` or `command.failed`, and then leaves nothing. */
export function fileWrite({ path, content, mode = 0o644, owner = '' }: FileToWrite): Call<void> {
  return {
    command: { argv: ['sh', '-c', writeScript, 'sh', path, mode.toString(8), owner], stdin: content },
    parse: (result) => {
      if (result.code !== 0) throw fileError(path, result);
    },
  };
}

/** Reads a text file; null where there is none. See `fileContent`. */
export async function readFile(host: Host, path: string): Promise<string | null> {
  const [content] = await perform(host, fileContent(path));
  return content;
}

/** See `fileWrite`. */
export async function writeFile(host: Host, file: FileToWrite): Promise<void> {
  await perform(host, fileWrite(file));
}
