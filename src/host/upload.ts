/** Large files onto a node: streamed, checked against their sha256, and only then moved into place. */
import { createReadStream } from 'node:fs';
import { type Readable, Transform } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { CroftError } from '../model/error.ts';
import { fileError, freeSpaceScript } from './file-error.ts';
import type { Host } from './host.ts';

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
trap 'exit 1' HUP INT TERM
cat >"$partial" || { rm -f "$partial"; full "$1"; }
sum=$(sha256sum <"$partial")
[ "\${sum%% *}" = "$4" ] || { printf '%s' "\${sum%% *}"; exit ${differs}; }
chmod "$2" "$partial" && { [ -z "$3" ] || chown "$3" "$partial"; } && sync "$partial" && mv -f "$partial" "$1"
`;

/**
 * Brings a file to a node. Rejects with `disk.full`, with `command.failed` where the content is not what was announced,
 * or with `node.*`; nothing stays on the node then.
 */
export async function upload(host: Host, { source, path, sha256, mode = 0o644, owner = '', onProgress }: Upload): Promise<void> {
  const program = await host.spawn({ argv: ['sh', '-c', receiveScript, 'sh', path, mode.toString(8), owner, sha256] });
  const sending = pipeline(typeof source === 'string' ? createReadStream(source) : source, counter(onProgress), program.stdin);
  const [sent, stdout, stderr, code] = await Promise.allSettled([sending, text(program.stdout), text(program.stderr), program.exited]);
  if (sent.status === 'rejected' && isReadFailure(sent.reason)) {
    throw new CroftError('command.failed', `The source of ${path} cannot be read: ${(sent.reason as Error).message}`, {
      cause: sent.reason,
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
  if (result.code !== 0) throw fileError(path, result);
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

/** The node's side going away early shows as these; its own words say why. */
function isReadFailure(error: NodeJS.ErrnoException): boolean {
  return error.code !== 'EPIPE' && error.code !== 'ECONNRESET' && error.code !== 'ERR_STREAM_PREMATURE_CLOSE';
}
