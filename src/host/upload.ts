/** Large files onto a node: streamed, checked against their sha256, and only then moved into place. */
import { createReadStream } from 'node:fs';
import { type Readable, Transform } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { CroftError } from '../model/error.ts';
import { fileError, freeSpaceScript } from './file-error.ts';
import type { Host, HostProcess } from './host.ts';

export interface Upload {
  /** A file of this machine, or a stream. */
  source: string | Readable;
  /** Where it goes on the node; its folder must exist. */
  path: string;
  /** Of the content, in lower-case hex. */
  sha256: string;
  /** Permission bits; 0o644 where absent. */
  mode?: number;
  /** `user` or `user:group`; root where absent. */
  owner?: string;
  /** Called with the number of bytes sent so far. */
  onProgress?: (bytes: number) => void;
}

const differs = 45;

/** Arguments: path, mode, owner or nothing, sha256. When the sender is lost the sum differs, so a part never stays. */
const receiveScript = `
${freeSpaceScript}
partial=$(mktemp "$1.partial.XXXXXX") || full "$1"
trap 'rm -f "$partial"' EXIT
trap 'exit 1' HUP INT PIPE TERM
cat >"$partial" || { rm -f "$partial"; full "$1"; }
sum=$(sha256sum <"$partial")
[ "\${sum%% *}" = "$4" ] || { rm -f "$partial"; printf '%s' "\${sum%% *}"; exit ${differs}; }
chmod "$2" "$partial" && { [ -z "$3" ] || chown "$3" "$partial"; } && sync "$partial" && mv -f "$partial" "$1"
`;

/**
 * Brings a file to a node. Rejects with `disk.full`, with `command.failed` where the content is not what was announced,
 * or with `node.*`; nothing stays on the node then.
 */
export async function upload(host: Host, { source, path, sha256, mode = 0o644, owner = '', onProgress }: Upload): Promise<void> {
  const program = await host.spawn({ argv: ['sh', '-c', receiveScript, 'sh', path, mode.toString(8), owner, sha256] });
  const reading = send(source, program, onProgress);
  const [read, stdout, stderr, code] = await Promise.allSettled([reading, text(program.stdout), text(program.stderr), program.exited]);
  if (read.status === 'rejected') {
    throw new CroftError('command.failed', `The source of ${path} cannot be read: ${(read.reason as Error).message}`, {
      cause: read.reason,
    });
  }
  if (code.status === 'rejected') throw code.reason;
  const result = { code: code.value, stdout: textOf(stdout), stderr: textOf(stderr) };
  if (result.code === differs) {
    throw new CroftError('command.failed', `What arrived on ${host.name} for ${path} has the sha256 ${result.stdout}, not ${sha256}`, {
      node: host.name,
      hint: 'The source changed or the transfer was cut short; try again.',
    });
  }
  if (result.code !== 0) throw fileError(path, result, host.name);
}

/** Sends the source; rejects where it cannot be read. The node's side going away early is no failure here: its own words say why. */
async function send(source: string | Readable, program: HostProcess, onProgress: ((bytes: number) => void) | undefined): Promise<void> {
  const counted = counter(onProgress);
  program.stdin.on('error', () => undefined);
  counted.pipe(program.stdin);
  let over = false;
  const stop = () => {
    over = true;
    counted.destroy();
  };
  program.exited.then(stop, stop);
  try {
    await pipeline(typeof source === 'string' ? createReadStream(source) : source, counted);
  } catch (error) {
    /** The end of a part: the node finds that its sum differs and removes it. */
    program.stdin.end();
    if (!over) throw error;
  }
}

function counter(onProgress: ((bytes: number) => void) | undefined): Transform {
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      onProgress?.(bytes);
      done(null, chunk);
    },
  });
}

function textOf(settled: PromiseSettledResult<string>): string {
  return settled.status === 'fulfilled' ? settled.value : '';
}
