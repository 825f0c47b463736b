/** Small files on a node, read and written atomically; each as a Call, so that it can travel in a batch with others. */
import { CroftError } from '../model/error.ts';
import { fileError, freeSpaceScript } from './file-error.ts';
import { type Call, type Host, perform } from './host.ts';

const absent = 44;

/** Reads a text file; null where there is none. */
export function fileContent(path: string): Call<string | null> {
  const script = `[ -e "$1" ] || exit ${absent}; exec cat <"$1"`;
  return {
    command: { argv: ['sh', '-c', script, 'sh', path] },
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
  /** `user` or `user:group`, by name or number; who writes it where absent. */
  owner?: string;
}

/** Arguments: path, mode, owner or nothing; the content is standard input. Never shows a part of the file under its name. */
const writeScript = `
${freeSpaceScript}
[ ! -d "$1" ] || { echo "$1 is a folder" >&2; exit 1; }
temporary=$(mktemp "$1.XXXXXX") || full "$1"
trap 'rm -f "$temporary"' EXIT
cat >"$temporary" || { rm -f "$temporary"; full "$1"; }
chmod "$2" "$temporary" && { [ -z "$3" ] || chown "$3" "$temporary"; } && mv -f "$temporary" "$1"
`;

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
